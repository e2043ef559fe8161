import type { Trace } from '../../trace/trace.ts';
import { viewOf } from '../../wire/data-view.ts';
import { ETHERNET_HEADER } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LinkType } from '../../wire/link.ts';
import type { Packet } from '../packet.ts';
import { Lane } from './lane.ts';

const LANES = 256;
const SOURCE = ETHERNET_HEADER + 12;
const DESTINATION = ETHERNET_HEADER + 16;

/** Lanes by source and destination address; of two that fall on one place the later stays. */
export class Lanes {
  private readonly lanes: (Lane | null)[] = new Array(LANES).fill(null);
  /** The pair of addresses, mixed, whose frame was last to be looked at step by step, by place: one that comes once is not worth a lane. */
  private readonly last = new Int32Array(LANES);
  private readonly minFrame: number;
  private readonly maxFrame: number;

  /** Lengths of frames (without FCS) that the card finds nothing to say about. */
  constructor(minFrame: number, maxFrame: number) {
    this.minFrame = minFrame;
    this.maxFrame = maxFrame;
  }

  /** The lane that the frame fits; null: it must be looked at step by step. */
  find(frame: Frame): Lane | null {
    if (frame.linkType !== LinkType.ethernet || frame.end - frame.start < DESTINATION + 4) return null;
    const lane = this.lanes[mixed(frame) >>> 24]!;
    return lane?.fits(frame) ? lane : null;
  }

  /** Remembers the way of the frame that has just climbed, or was observed. */
  learn(packet: Packet, trace: Trace, inbound: boolean): void {
    const { frame } = packet;
    if (frame.linkType !== LinkType.ethernet || packet.protocol !== IpProtocol.tcp || packet.family !== 4) return;
    if (frame.end - frame.start < DESTINATION + 4) return;
    const pair = mixed(frame);
    const at = pair >>> 24;
    if (this.last[at] !== pair) {
      this.last[at] = pair;
      return;
    }
    this.lanes[at] ??= new Lane(this.minFrame, this.maxFrame);
    this.lanes[at].learn(packet, trace, inbound);
  }
}

function mixed({ bytes, start }: Frame): number {
  const view = viewOf(bytes);
  return Math.imul(view.getInt32(start + SOURCE) ^ Math.imul(view.getInt32(start + DESTINATION), 0x85ebca77), 0x9e3779b1);
}
