import type { Packet } from '../src/host/packet.ts';
import { formatIp } from '../src/wire/address.ts';
import { u16, u32 } from '../src/wire/bytes.ts';
import type { LinuxScenario } from './capture.ts';

const MILLISECOND = 1_000_000;

/** What a SYN-ACK of the kernel said. */
interface Chosen {
  readonly time: number;
  readonly isn: number;
  /** The client's number that it acknowledges. */
  readonly clientIsn: number;
  readonly tsVal: number;
  /** Milliseconds by which TSvals of later segments show that the clock was ahead when the SYN-ACK was seen; 0 or 1, more with a cookie. */
  ahead: number;
}

/** The initial sequence numbers that the kernel chose, so that our host can choose the same and the client's numbers fit. */
export class IsnBook {
  private readonly chosen = new Map<string, Chosen[]>();
  /** By ports and the client's number: an answer along a source route goes to a router first. */
  private readonly byNumber = new Map<string, Chosen[]>();

  constructor(scenario: LinuxScenario) {
    for (const { time, bytes } of scenario.frames) this.read(time, bytes);
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
    if (found === undefined || found.ahead > 1) return 0;
    return Math.floor(found.time / MILLISECOND) - Math.floor(now / MILLISECOND) - found.ahead;
  }

  /** Where the numbers of a frame that the server sends begin; zeros where that is not known. */
  origin(frame: Uint8Array, time: number): { readonly seq: number; readonly ack: number } {
    const tcp = tcpPlace(frame);
    const known = tcp < 0 ? undefined : this.chosen.get(keyOf(frame, tcp));
    const last = known?.findLast((chosen) => chosen.time <= time) ?? known?.[0];
    return last === undefined ? { seq: 0, ack: 0 } : { seq: last.isn, ack: last.clientIsn };
  }

  private find(packet: Packet, now: number): Chosen | undefined {
    const client = formatIp(packet.family, packet.src0, packet.src1, packet.src2, packet.src3);
    const ports = `${packet.sourcePort}>${packet.destinationPort}`;
    const known = this.chosen.get(`${client}:${ports}`) ?? this.byNumber.get(`${ports} ${packet.seq}`);
    return known?.find(({ time }) => time >= now) ?? known?.at(-1);
  }

  private follow(time: number, tsVal: number, key: string): void {
    const chosen = this.chosen.get(key)?.at(-1);
    if (chosen === undefined || chosen.tsVal < 0 || tsVal < 0) return;
    const elapsed = Math.floor(time / MILLISECOND) - Math.floor(chosen.time / MILLISECOND);
    chosen.ahead = Math.max(chosen.ahead, ((tsVal - chosen.tsVal) | 0) - elapsed);
  }

  private read(time: number, frame: Uint8Array): void {
    const at = tcpPlace(frame);
    if (at < 0) return;
    if ((frame[at + 13]! & 0x12) !== 0x12) {
      this.follow(time, timestampOf(frame, at), keyOf(frame, at));
      return;
    }
    const clientIsn = (u32(frame, at + 8) - 1) >>> 0;
    const chosen = { time, isn: u32(frame, at + 4), clientIsn, tsVal: timestampOf(frame, at), ahead: 0 };
    add(this.chosen, keyOf(frame, at), chosen);
    add(this.byNumber, `${u16(frame, at + 2)}>${u16(frame, at)} ${clientIsn}`, chosen);
  }
}

function add(to: Map<string, Chosen[]>, key: string, chosen: Chosen): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [chosen]);
  else known.push(chosen);
}

/** Where the TCP header of a frame stands; -1 where it has none. */
export function tcpPlace(frame: Uint8Array): number {
  const type = u16(frame, 12);
  if (type !== 0x0800 && type !== 0x86dd) return -1;
  const at = type === 0x0800 ? 14 + (frame[14]! & 15) * 4 : 54;
  const isFirst = type === 0x86dd || (u16(frame, 20) & 0x1fff) === 0;
  return isFirst && frame[type === 0x0800 ? 23 : 20] === 6 && at + 20 <= frame.length ? at : -1;
}

/** `CLIENT:PORT>SERVER PORT` of a frame that the server sends. */
function keyOf(frame: Uint8Array, tcp: number): string {
  const client =
    u16(frame, 12) === 0x0800
      ? formatIp(4, 0, 0, 0, u32(frame, 30))
      : formatIp(6, u32(frame, 38), u32(frame, 42), u32(frame, 46), u32(frame, 50));
  return `${client}:${u16(frame, tcp + 2)}>${u16(frame, tcp)}`;
}

/** TSval of the segment whose header begins at `tcp`; -1 without timestamps. */
function timestampOf(frame: Uint8Array, tcp: number): number {
  const end = tcp + (frame[tcp + 12]! >> 4) * 4;
  for (let at = tcp + 20; at < end && frame[at] !== 0; at += frame[at] === 1 ? 1 : Math.max(2, frame[at + 1]!)) {
    if (frame[at] === 8) return u32(frame, at + 2);
  }
  return -1;
}
