import { icmpv4 } from './icmp/icmpv4.ts';
import { icmpv6 } from './icmp/icmpv6.ts';
import { neighbours } from './icmp/neighbours.ts';

/** Every decision of ICMP, ICMPv6 and neighbour discovery. */
export const icmp = { ...icmpv4, ...icmpv6, ...neighbours };
