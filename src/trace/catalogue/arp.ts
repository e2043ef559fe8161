import { decisions } from '../decision.ts';

export const arp = decisions({});
