import { checksum, pseudoHeader4, pseudoHeader6 } from '../../wire/checksum.ts';
import type { FirewallView } from './firewall-view.ts';

/** Of `length` bytes of transport header and data, with the pseudo-header of either version of IP. 0: right. */
export function transportChecksum(view: FirewallView, length: number): number {
  const { bytes, start, protocol } = view;
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
  const pseudo =
    view.family === 4
      ? pseudoHeader4(src3, dst3, protocol, length)
      : pseudoHeader6(src0, src1, src2, src3, dst0, dst1, dst2, dst3, protocol, length);
  return checksum(bytes, start, start + length, pseudo);
}
