import { decisions } from '../decision.ts';

export const ip = decisions({});
