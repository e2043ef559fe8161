import { decisions } from '../decision.ts';

export const tcp = decisions({});
