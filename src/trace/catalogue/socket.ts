import { decisions } from '../decision.ts';

export const socket = decisions({});
