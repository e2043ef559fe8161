import type { Packet } from '../../src/host/packet.ts';
import { formatIp } from '../../src/wire/address.ts';
import { u16, u32 } from '../../src/wire/bytes.ts';
import type { LinuxScenario } from './linux-capture.ts';

/** The initial sequence numbers that the kernel chose, so that our host can choose the same and the client's numbers fit. */
export class IsnBook {
  private readonly chosen = new Map<string, { readonly time: number; readonly isn: number; readonly tsVal: number }[]>();

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

  private find(packet: Packet, now: number) {
    const client = formatIp(packet.family, packet.src0, packet.src1, packet.src2, packet.src3);
    const known = this.chosen.get(`${client}:${packet.sourcePort}>${packet.destinationPort}`);
    return known?.find(({ time }) => time >= now) ?? known?.at(-1);
  }

  private read(time: number, frame: Uint8Array): void {
    const is4 = u16(frame, 12) === 0x0800;
    if (!is4 && u16(frame, 12) !== 0x86dd) return;
    const at = is4 ? 14 + (frame[14]! & 15) * 4 : 54;
    if (frame[is4 ? 23 : 20] !== 6 || at + 20 > frame.length || (frame[at + 13]! & 0x12) !== 0x12) return;
    const client = is4
      ? formatIp(4, 0, 0, 0, u32(frame, 30))
      : formatIp(6, u32(frame, 38), u32(frame, 42), u32(frame, 46), u32(frame, 50));
    const key = `${client}:${u16(frame, at + 2)}>${u16(frame, at)}`;
    const known = this.chosen.get(key) ?? [];
    known.push({ time, isn: u32(frame, at + 4), tsVal: timestampOf(frame, at) });
    this.chosen.set(key, known);
  }
}

/** TSval of the segment whose header begins at `tcp`; -1 without timestamps. */
function timestampOf(frame: Uint8Array, tcp: number): number {
  const end = tcp + (frame[tcp + 12]! >> 4) * 4;
  for (let at = tcp + 20; at < end && frame[at] !== 0; at += frame[at] === 1 ? 1 : Math.max(2, frame[at + 1]!)) {
    if (frame[at] === 8) return u32(frame, at + 2);
  }
  return -1;
}
