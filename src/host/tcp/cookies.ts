import { TcpFlag } from '../../wire/tcp.ts';
import type { Packet } from '../packet.ts';
import { MS, MSS_DEFAULT, MSS_DEFAULT_V6, SECOND } from './constants.ts';
import type { Segment } from './segment.ts';

/** The sizes that a cookie can tell, over IPv4 and over IPv6: the largest not above the client's is meant. */
const SIZES4: readonly number[] = [MSS_DEFAULT, 1300, 1440, 1460];
const SIZES6: readonly number[] = [MSS_DEFAULT_V6, 1420, 1440, 8940];
const MINUTE = 60 * SECOND;
/** Minutes for which a cookie is good. */
const COOKIE_AGE = 2;
const TS_OPTIONS = 64;
const TS_NO_SCALE = 15;
const TS_SACK = 16;
const TS_ECN = 32;

/**
 * SYN cookies (RFC 4987 §3.6): the ISN carries the minute, the client's segment size and a keyed sum of the tuple, so that nothing is
 * kept for a half-open connection. With timestamps TSval's low six bits carry window scale, SACK and ECN.
 */
export class Cookies {
  private readonly key: number;
  /** Cookies whose number came from outside (`InitialNumbers.issFor`): they carry nothing, so it is kept here. */
  private readonly chosen = new Map<string, { iss: number; irs: number; mss: number }>();

  private readonly offsets = new Map<string, number>();

  constructor(key: number) {
    this.key = key;
  }

  /** Index in the table for the client's MSS. */
  private static sizeOf(sizes: readonly number[], mss: number): number {
    let at = sizes.length - 1;
    while (at > 0 && sizes[at]! > mss) at--;
    return at;
  }

  make(packet: Packet, irs: number, mss: number, now: number, chosen: number): number {
    const size = Cookies.sizeOf(sizesOf(packet), mss);
    if (chosen >= 0) {
      this.chosen.set(keyOf(packet), { iss: chosen, irs, mss: size });
      return chosen;
    }
    const minute = Math.floor(now / MINUTE) & 0xff;
    return (this.sum(packet, 0, 0) + irs + minute * 0x1000000 + ((this.sum(packet, minute, 1) + size) & 0xffffff)) >>> 0;
  }

  /** The MSS that the ACK's cookie stands for; 0: it is none of ours, or too old. */
  check(packet: Packet, s: Segment, now: number): number {
    const sizes = sizesOf(packet);
    const iss = (s.ack - 1) >>> 0;
    const irs = (s.seq - 1) >>> 0;
    const chosen = this.chosen.size > 0 ? this.chosen.get(keyOf(packet)) : undefined;
    if (chosen !== undefined) return sizes[chosen.mss + ((iss - chosen.iss - (irs - chosen.irs)) | 0)] ?? 0;
    const rest = (iss - this.sum(packet, 0, 0) - irs) >>> 0;
    const minute = rest >>> 24;
    if (((Math.floor(now / MINUTE) - minute) & 0xff) > COOKIE_AGE) return 0;
    const size = ((rest & 0xffffff) - (this.sum(packet, minute, 1) & 0xffffff)) & 0xffffff;
    return size < sizes.length ? sizes[size]! : 0;
  }

  /** Keeps a timestamp offset that came from outside. */
  rememberOffset(packet: Packet, offset: number): number {
    this.offsets.set(keyOf(packet), offset);
    return offset;
  }

  timestampOffset(packet: Packet): number {
    return this.offsets.get(keyOf(packet)) ?? 0;
  }

  private sum(packet: Packet, minute: number, more: number): number {
    let h = this.key ^ Math.imul(minute + 1, 0x9e3779b1);
    h = mix(h, packet.src0);
    h = mix(h, packet.src1);
    h = mix(h, packet.src2);
    h = mix(h, packet.src3);
    h = mix(h, packet.dst0);
    h = mix(h, packet.dst1);
    h = mix(h, packet.dst2);
    h = mix(h, packet.dst3);
    h = mix(h, (packet.sourcePort << 16) | packet.destinationPort);
    return mix(h, more) >>> 0;
  }
}

function sizesOf(packet: Packet): readonly number[] {
  return packet.family === 4 ? SIZES4 : SIZES6;
}

function mix(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x85ebca6b);
  return Math.imul(x ^ (x >>> 13), 0xc2b2ae35) ^ (x >>> 16);
}

function keyOf(p: Packet): string {
  return `${p.src0},${p.src1},${p.src2},${p.src3},${p.sourcePort},${p.dst3},${p.destinationPort}`;
}

/** TSval (before the connection's offset) that carries the client's options. */
export function cookieTimestamp(now: number, windowScale: number, sack: boolean, ecn: boolean): number {
  const ms = Math.floor(now / MS);
  const options = (windowScale < 0 ? TS_NO_SCALE : windowScale) | (sack ? TS_SACK : 0) | (ecn ? TS_ECN : 0);
  const value = ms - (ms % TS_OPTIONS) + options;
  return value > ms ? value - TS_OPTIONS : value;
}

/** What `cookieTimestamp` put into the echoed value. */
export function cookieOptions(tsEcr: number): { windowScale: number; sack: boolean; ecn: boolean } {
  const options = tsEcr & (TS_OPTIONS - 1);
  const scale = options & TS_NO_SCALE;
  return { windowScale: scale === TS_NO_SCALE ? -1 : scale, sack: (options & TS_SACK) !== 0, ecn: (options & TS_ECN) !== 0 };
}

/** Only an ACK without SYN or RST can bring a cookie back. */
export function mayCarryCookie(s: Segment): boolean {
  return (s.flags & (TcpFlag.ack | TcpFlag.syn | TcpFlag.rst)) === TcpFlag.ack;
}
