import { u16, u32 } from '../../wire/bytes.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import type { FirewallView } from './firewall-view.ts';

/** The packet that an ICMP error quotes; false: too little of it. */
export function readQuote(quoted: FirewallView, view: FirewallView, at: number): boolean {
  const { bytes, end } = view;
  quoted.bytes = bytes;
  quoted.end = end;
  quoted.family = view.family;
  quoted.isFragment = quoted.isLater = false;
  if (view.family === 4) {
    if (end - at < 20 || bytes[at]! >> 4 !== 4 || (u16(bytes, at + 6) & 0x1fff) !== 0) return false;
    quoted.protocol = bytes[at + 9]!;
    quoted.src0 = quoted.src1 = quoted.src2 = quoted.dst0 = quoted.dst1 = quoted.dst2 = 0;
    quoted.src3 = u32(bytes, at + 12);
    quoted.dst3 = u32(bytes, at + 16);
    quoted.start = at + ((bytes[at]! & 0xf) << 2);
  } else {
    if (end - at < IPV6_HEADER) return false;
    quoted.src0 = u32(bytes, at + 8);
    quoted.src1 = u32(bytes, at + 12);
    quoted.src2 = u32(bytes, at + 16);
    quoted.src3 = u32(bytes, at + 20);
    quoted.dst0 = u32(bytes, at + 24);
    quoted.dst1 = u32(bytes, at + 28);
    quoted.dst2 = u32(bytes, at + 32);
    quoted.dst3 = u32(bytes, at + 36);
    quoted.findUpper(at);
  }
  if (end - quoted.start < 8) return false;
  quoted.upper = quoted.protocol;
  quoted.readTransport();
  return true;
}
