import { Sent, type Transmission } from '../../trace/transmission.ts';
import { putU16, putU32 } from '../../wire/bytes.ts';
import { ICMP_HEADER } from '../../wire/icmp.ts';
import { IPV4_HEADER } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { TCP_HEADER } from '../../wire/tcp.ts';
import { UDP_HEADER } from '../../wire/udp.ts';

/** Room for the longest headers that are sketched. */
export const SKETCH = IPV6_HEADER + TCP_HEADER;

/** Writes the headers of a packet that is not bytes yet, as far as rules may look into them; gives where the transport header begins. */
export function sketchHeaders(out: Transmission, into: Uint8Array): number {
  const start = out.family === 4 ? IPV4_HEADER : IPV6_HEADER;
  const header = out.protocol === Sent.tcp ? TCP_HEADER : out.protocol === Sent.udp ? UDP_HEADER : ICMP_HEADER;
  const length = header + out.payloadEnd - out.payloadStart;
  into.fill(0);
  if (out.family === 4) network4(out, into, length);
  else network6(out, into, length);
  switch (out.protocol) {
    case Sent.tcp:
      putU16(into, start, out.sourcePort);
      putU16(into, start + 2, out.destinationPort);
      putU32(into, start + 4, out.seq);
      putU32(into, start + 8, out.ack);
      into[start + 12] = (TCP_HEADER >> 2) << 4;
      into[start + 13] = out.flags;
      putU16(into, start + 14, out.window);
      break;
    case Sent.udp:
      putU16(into, start, out.sourcePort);
      putU16(into, start + 2, out.destinationPort);
      putU16(into, start + 4, length);
      break;
    default:
      into[start] = out.icmpType;
      into[start + 1] = out.icmpCode;
      putU32(into, start + 4, out.icmpRest);
  }
  return start;
}

function network4(out: Transmission, into: Uint8Array, length: number): void {
  const options = out.ipOptions.length;
  into[0] = 0x45 + (options >> 2);
  into[1] = out.tos;
  putU16(into, 2, IPV4_HEADER + options + length);
  putU16(into, 4, out.ipId);
  into[6] = out.dontFragment ? 0x40 : 0;
  into[8] = out.ttl;
  into[9] = out.protocol;
  putU32(into, 12, out.src3);
  putU32(into, 16, out.dst3);
}

function network6(out: Transmission, into: Uint8Array, length: number): void {
  putU16(into, 0, 0x6000 | (out.tos << 4));
  putU16(into, 4, length);
  into[6] = out.protocol;
  into[7] = out.ttl;
}
