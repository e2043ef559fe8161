import { decisions } from '../decision.ts';

export const driver = decisions({});
