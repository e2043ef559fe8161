import { decisions } from '../decision.ts';

export const udp = decisions({});
