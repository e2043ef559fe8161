import { u16, u32 } from '../../src/wire/bytes.ts';
import { checksum, pseudoHeader4, pseudoHeader6, sumBytes } from '../../src/wire/checksum.ts';

/**
 * The kernel and our host choose different initial sequence numbers. Keeps both for each connection, and changes what the client's
 * frames say about the kernel's numbers (ACK, SACK, the segment that an ICMP error quotes) into ours, with right checksums kept right.
 */
export class IsnTranslator {
  private readonly kernel = new Map<string, number>();
  private readonly ours = new Map<string, number>();

  /** A frame that the kernel sent, or our host: its SYN-ACK says the number. */
  learn(frame: Uint8Array, isOurs: boolean): void {
    const tcp = findTcp(frame);
    if (tcp === null || (frame[tcp.at + 13]! & 0x12) !== 0x12) return;
    (isOurs ? this.ours : this.kernel).set(keyOf(frame, tcp, false), u32(frame, tcp.at + 4));
  }

  /** What is to be added to the kernel's numbers for ours. */
  shift(frame: Uint8Array, tcp: Place, fromClient: boolean): number {
    const key = keyOf(frame, tcp, fromClient);
    const ours = this.ours.get(key);
    const kernel = this.kernel.get(key);
    return ours === undefined || kernel === undefined ? 0 : (ours - kernel) | 0;
  }

  /** ISN of the sending host in a frame of the kernel or of ours; 0 where none is known. */
  isn(frame: Uint8Array, isOurs: boolean): number {
    const tcp = findTcp(frame);
    return tcp === null ? 0 : ((isOurs ? this.ours : this.kernel).get(keyOf(frame, tcp, false)) ?? 0);
  }

  translate(original: Uint8Array): Uint8Array {
    const frame = original.slice();
    const tcp = findTcp(frame);
    if (tcp !== null) {
      const wasRight = tcpSum(frame, tcp) === 0;
      const shift = this.shift(frame, tcp, true);
      if ((frame[tcp.at + 13]! & 0x10) !== 0) add(frame, tcp.at + 8, shift);
      shiftSack(frame, tcp, shift);
      if (wasRight) {
        put16(frame, tcp.at + 16, 0);
        put16(frame, tcp.at + 16, tcpSum(frame, tcp));
      }
    } else this.translateQuote(frame);
    return frame;
  }

  private translateQuote(frame: Uint8Array): void {
    if (u16(frame, 12) !== 0x0800 || frame[23] !== 1) return;
    const icmp = 14 + (frame[14]! & 15) * 4;
    const end = 14 + u16(frame, 16);
    const quote = icmp + 8;
    if (quote + 28 > end || frame[quote + 9] !== 6) return;
    const at = quote + (frame[quote]! & 15) * 4;
    const key = `${u32(frame, quote + 16)}:${u16(frame, at + 2)}>${u16(frame, at)}`;
    const ours = this.ours.get(key);
    const kernel = this.kernel.get(key);
    if (ours === undefined || kernel === undefined || checksum(frame, icmp, end) !== 0) return;
    add(frame, at + 4, ours - kernel);
    put16(frame, icmp + 2, 0);
    put16(frame, icmp + 2, checksum(frame, icmp, end));
  }
}

interface Place {
  readonly family: number;
  readonly ip: number;
  readonly at: number;
  readonly end: number;
}

/** The TCP header of an unfragmented segment that is all there; null in any other frame. */
function findTcp(frame: Uint8Array): Place | null {
  const type = u16(frame, 12);
  if (type === 0x0800 && frame[23] === 6 && (u16(frame, 20) & 0x3fff) === 0) {
    const at = 14 + (frame[14]! & 15) * 4;
    const end = Math.min(14 + u16(frame, 16), frame.length);
    return at + 20 <= end ? { family: 4, ip: 14, at, end } : null;
  }
  if (type !== 0x86dd || frame[20] !== 6) return null;
  const end = Math.min(54 + u16(frame, 18), frame.length);
  return end >= 74 ? { family: 6, ip: 14, at: 54, end } : null;
}

function keyOf(frame: Uint8Array, tcp: Place, fromClient: boolean): string {
  const source = tcp.family === 4 ? tcp.ip + 12 : tcp.ip + 20;
  const client = u32(frame, fromClient ? source : source + (tcp.family === 4 ? 4 : 16));
  const ports = [u16(frame, tcp.at), u16(frame, tcp.at + 2)];
  return fromClient ? `${client}:${ports[0]}>${ports[1]}` : `${client}:${ports[1]}>${ports[0]}`;
}

/** Checksum of the segment as it is: 0 when its field is right. */
function tcpSum(frame: Uint8Array, tcp: Place): number {
  const length = tcp.end - tcp.at;
  if (tcp.family === 4) {
    return checksum(frame, tcp.at, tcp.end, pseudoHeader4(u32(frame, tcp.ip + 12), u32(frame, tcp.ip + 16), 6, length));
  }
  return checksum(
    frame,
    tcp.at,
    tcp.end,
    sumBytes(frame, tcp.ip + 8, tcp.ip + 40, pseudoHeader6(0, 0, 0, 0, 0, 0, 0, 0, 6, length)),
  );
}

function shiftSack(frame: Uint8Array, tcp: Place, shift: number): void {
  const end = Math.min(tcp.at + (frame[tcp.at + 12]! >> 4) * 4, tcp.end);
  for (let at = tcp.at + 20; at < end && frame[at] !== 0; ) {
    if (frame[at] === 1) {
      at++;
      continue;
    }
    const length = frame[at + 1]!;
    if (length < 2 || at + length > end) return;
    if (frame[at] === 5) for (let edge = at + 2; edge + 4 <= at + length; edge += 4) add(frame, edge, shift);
    at += length;
  }
}

function add(frame: Uint8Array, at: number, shift: number): void {
  const value = (u32(frame, at) + shift) >>> 0;
  put16(frame, at, value >>> 16);
  put16(frame, at + 2, value & 0xffff);
}

function put16(frame: Uint8Array, at: number, value: number): void {
  frame[at] = value >> 8;
  frame[at + 1] = value & 0xff;
}
