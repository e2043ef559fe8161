import type { Trace } from '../trace/trace.ts';
import { viewOf } from '../wire/data-view.ts';
import { ETHERNET_HEADER } from '../wire/ethernet.ts';
import type { Frame } from '../wire/frame.ts';
import { IpProtocol } from '../wire/ip-protocol.ts';
import { LinkType } from '../wire/link.ts';
import { Lane } from './lane.ts';
import type { Packet } from './packet.ts';

const LANES = 256;
const SOURCE = ETHERNET_HEADER + 12;
const DESTINATION = ETHERNET_HEADER + 16;

/** Lanes by source and destination address; of two that fall on one place the later stays. */
export class Lanes {
  private readonly lanes: (Lane | null)[] = new Array(LANES).fill(null);
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
    const lane = this.lanes[place(frame)]!;
    return lane?.fits(frame) ? lane : null;
  }

  /** Remembers the way of the frame that has just climbed, or was observed. */
  learn(packet: Packet, trace: Trace, inbound: boolean): void {
    const { frame } = packet;
    if (frame.linkType !== LinkType.ethernet || packet.protocol !== IpProtocol.tcp || packet.family !== 4) return;
    if (frame.end - frame.start < DESTINATION + 4) return;
    const at = place(frame);
    this.lanes[at] ??= new Lane(this.minFrame, this.maxFrame);
    this.lanes[at].learn(packet, trace, inbound);
  }
}

function place({ bytes, start }: Frame): number {
  const view = viewOf(bytes);
  const mixed = Math.imul(view.getInt32(start + SOURCE) ^ Math.imul(view.getInt32(start + DESTINATION), 0x85ebca77), 0x9e3779b1);
  return mixed >>> 24;
}
