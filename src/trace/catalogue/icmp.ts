import { decisions } from '../decision.ts';

export const icmp = decisions({});
