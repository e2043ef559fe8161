import type { Packet } from '../src/host/packet.ts';
import { formatIp } from '../src/wire/address.ts';
import { u16, u32 } from '../src/wire/bytes.ts';
import type { LinuxScenario } from './capture.ts';
import { flowKey, tcpPlace, timestampOf } from './frames.ts';
import { clockOffsets, connectionKey } from './milliseconds.ts';

const MILLISECOND = 1_000_000;

/** What a SYN-ACK of the kernel said. */
interface Chosen {
  readonly time: number;
  readonly isn: number;
  /** The client's number that it acknowledges. */
  readonly clientIsn: number;
  readonly tsVal: number;
}

/** The initial sequence numbers that the kernel chose, so that our host can choose the same and the client's numbers fit. */
export class IsnBook {
  private readonly chosen = new Map<string, Chosen[]>();
  /** By ports and the client's number: an answer along a source route goes to a router first. */
  private readonly byNumber = new Map<string, Chosen[]>();
  private readonly clocks: ReadonlyMap<string, number>;

  constructor(scenario: LinuxScenario) {
    for (const { time, bytes } of scenario.frames) this.read(time, bytes);
    this.clocks = clockOffsets(scenario);
  }

  /** The number in the kernel's next SYN-ACK to the packet's sender; -1 where there is none. */
  next(packet: Packet, now: number): number {
    return this.find(packet, now)?.isn ?? -1;
  }

  /** TSval of that SYN-ACK; -1 where it has none. */
  nextTimestamp(packet: Packet, now: number): number {
    return this.find(packet, now)?.tsVal ?? -1;
  }

  /**
   * By how much a clock that is set by that TSval at `now` would be ahead of the kernel's: the kernel has answered a moment later, perhaps
   * in the next millisecond. A cookie's TSval tells no time.
   */
  clockError(packet: Packet, now: number): number {
    const found = this.find(packet, now);
    const clock = found === undefined ? undefined : this.clocks.get(connectionKey(flowOf(packet), found.isn));
    if (found === undefined || clock === undefined) return 0;
    const error = (found.tsVal - Math.floor(now / MILLISECOND) - clock) | 0;
    return Math.abs(error) > 1 ? 0 : error;
  }

  /** Where the numbers of a frame that the server sends begin; zeros where that is not known. */
  origin(frame: Uint8Array, time: number): { readonly seq: number; readonly ack: number } {
    const tcp = tcpPlace(frame);
    const known = tcp < 0 ? undefined : this.chosen.get(flowKey(frame, tcp));
    const last = known?.findLast((chosen) => chosen.time <= time) ?? known?.[0];
    return last === undefined ? { seq: 0, ack: 0 } : { seq: last.isn, ack: last.clientIsn };
  }

  private find(packet: Packet, now: number): Chosen | undefined {
    const ports = `${packet.sourcePort}>${packet.destinationPort}`;
    const known = this.chosen.get(flowOf(packet)) ?? this.byNumber.get(`${ports} ${packet.seq}`);
    return known?.find(({ time }) => time >= now) ?? known?.at(-1);
  }

  private read(time: number, frame: Uint8Array): void {
    const at = tcpPlace(frame);
    if (at < 0) return;
    if ((frame[at + 13]! & 0x12) !== 0x12) return;
    const clientIsn = (u32(frame, at + 8) - 1) >>> 0;
    const chosen = { time, isn: u32(frame, at + 4), clientIsn, tsVal: timestampOf(frame, at) };
    add(this.chosen, flowKey(frame, at), chosen);
    add(this.byNumber, `${u16(frame, at + 2)}>${u16(frame, at)} ${clientIsn}`, chosen);
  }
}

/** `flowKey` of what the server answers to a packet. */
function flowOf(packet: Packet): string {
  const { family, src0, src1, src2, src3, sourcePort, destinationPort } = packet;
  return `${formatIp(family, src0, src1, src2, src3)}:${sourcePort}>${destinationPort}`;
}

function add(to: Map<string, Chosen[]>, key: string, chosen: Chosen): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [chosen]);
  else known.push(chosen);
}
