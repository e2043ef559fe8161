import type { Host } from '../../host/host.ts';
import { AddressSet } from '../survey/address-set.ts';
import type { Peek } from '../survey/peek.ts';

/** Senders whose MACs are remembered. */
const MOST = 1 << 16;
const GROUP = 0x0100;

/** Tells a host the MACs of those whose frames come: a captured client cannot be asked for it. */
export class KnownNeighbours {
  private readonly host: Host;
  private readonly met = new AddressSet(MOST);

  constructor(host: Host) {
    this.host = host;
  }

  /** The sender of a frame; its first MAC counts. */
  meet({ hasMacs, family, src0, src1, src2, src3, sourceMacHigh, sourceMacLow }: Peek): void {
    if (!hasMacs || family === 0 || (sourceMacHigh & GROUP) !== 0 || (src0 | src1 | src2 | src3) === 0) return;
    const { size } = this.met;
    this.met.add(src0, src1, src2, src3);
    if (this.met.size > size) this.host.keepNeighbour(family, src0, src1, src2, src3, sourceMacHigh, sourceMacLow);
  }
}
