import { fragments } from './ip/fragments.ts';
import { ipv4 } from './ip/ipv4.ts';
import { ipv6 } from './ip/ipv6.ts';

/** Every decision of IP, in the order in which a packet meets them. */
export const ip = { ...ipv4, ...ipv6, ...fragments };
