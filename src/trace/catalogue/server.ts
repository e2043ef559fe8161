import { decisions } from '../decision.ts';

export const server = decisions({});
