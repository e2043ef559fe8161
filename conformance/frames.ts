import { formatIp } from '../src/wire/address.ts';
import { u16, u32 } from '../src/wire/bytes.ts';

/** Where the TCP header of a frame stands; -1 where it has none. */
export function tcpPlace(frame: Uint8Array): number {
  const type = u16(frame, 12);
  if (type !== 0x0800 && type !== 0x86dd) return -1;
  const at = type === 0x0800 ? 14 + (frame[14]! & 15) * 4 : 54;
  const isFirst = type === 0x86dd || (u16(frame, 20) & 0x1fff) === 0;
  return isFirst && frame[type === 0x0800 ? 23 : 20] === 6 && at + 20 <= frame.length ? at : -1;
}

/** `CLIENT:PORT>SERVER PORT` of a frame that the server sends. */
export function flowKey(frame: Uint8Array, tcp: number): string {
  const client =
    u16(frame, 12) === 0x0800
      ? formatIp(4, 0, 0, 0, u32(frame, 30))
      : formatIp(6, u32(frame, 38), u32(frame, 42), u32(frame, 46), u32(frame, 50));
  return `${client}:${u16(frame, tcp + 2)}>${u16(frame, tcp)}`;
}

/** TSval of the segment whose header begins at `tcp`; -1 without timestamps. */
export function timestampOf(frame: Uint8Array, tcp: number): number {
  const end = tcp + (frame[tcp + 12]! >> 4) * 4;
  for (let at = tcp + 20; at < end && frame[at] !== 0; at += frame[at] === 1 ? 1 : Math.max(2, frame[at + 1]!)) {
    if (frame[at] === 8) return u32(frame, at + 2);
  }
  return -1;
}
