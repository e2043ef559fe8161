import { decisions } from '../decision.ts';

export const nic = decisions({});
