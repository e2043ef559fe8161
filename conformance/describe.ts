import { formatIp4, formatIp6, formatMac } from '../src/wire/address.ts';
import { u16, u32 } from '../src/wire/bytes.ts';

/** What a test compares of a frame, field by field, as text. Times and the like, which differ from run to run, are masked. */
export type Description = Record<string, string>;

/** Initial sequence numbers of a frame's sender and of its receiver. */
export interface Origin {
  readonly seq: number;
  readonly ack: number;
}

const START: Origin = { seq: 0, ack: 0 };

/** Numbers count from `origin` of the connection. */
export function describeFrame(frame: Uint8Array, origin: Origin = START): Description {
  const type = u16(frame, 12);
  const link = { to: formatMac(u16(frame, 0), u32(frame, 2)), from: formatMac(u16(frame, 6), u32(frame, 8)) };
  if (type === 0x0806) return { ...link, ...describeArp(frame) };
  if (type === 0x0800) return { ...link, ...describe4(frame, origin) };
  if (type === 0x86dd) return { ...link, ...describe6(frame, origin) };
  return { ...link, type: type.toString(16), body: hex(frame, 14, frame.length) };
}

function describeArp(frame: Uint8Array): Description {
  return { arp: hex(frame, 14, 42) };
}

function describe4(frame: Uint8Array, origin: Origin): Description {
  const headerLength = (frame[14]! & 15) * 4;
  const end = 14 + u16(frame, 16);
  const at = 14 + headerLength;
  const flags = u16(frame, 20);
  const ip = {
    src: formatIp4(u32(frame, 26)),
    dst: formatIp4(u32(frame, 30)),
    tos: String(frame[15]),
    ttl: String(frame[22]),
    id: u16(frame, 18) === 0 ? '0' : 'not 0',
    df: String((flags & 0x4000) !== 0),
    fragment: flags & 0x2000 || flags & 0x1fff ? `${(flags & 0x1fff) * 8}+${end - at}${flags & 0x2000 ? ' more' : ''}` : '',
    options: hex(maskTimes(frame.slice(34, at)), 0, headerLength - 20),
  };
  if ((flags & 0x1fff) !== 0) return ip;
  return { ...ip, ...describeUpper(frame, frame[23]!, at, end, origin) };
}

function describe6(frame: Uint8Array, origin: Origin): Description {
  const words = (at: number) => formatIp6(u32(frame, at), u32(frame, at + 4), u32(frame, at + 8), u32(frame, at + 12));
  const end = 54 + u16(frame, 18);
  const ip = { src: words(22), dst: words(38), tos: String((u16(frame, 14) >> 4) & 0xff), ttl: String(frame[21]) };
  if (frame[20] === 44) return { ...ip, fragment: `${u16(frame, 56) & 0xfff8}+${end - 62}${frame[57]! & 1 ? ' more' : ''}` };
  return { ...ip, ...describeUpper(frame, frame[20]!, 54, end, origin) };
}

function describeUpper(frame: Uint8Array, protocol: number, at: number, end: number, origin: Origin): Description {
  const ports = { sport: String(u16(frame, at)), dport: String(u16(frame, at + 2)) };
  switch (protocol) {
    case 6:
      return { protocol: 'tcp', ...ports, ...describeTcp(frame, at, end, origin) };
    case 17:
      return { protocol: 'udp', ...ports, length: String(u16(frame, at + 4)) };
    case 1:
    case 58:
      return {
        protocol: protocol === 1 ? 'icmp' : 'icmpv6',
        type: `${frame[at]}/${frame[at + 1]}`,
        rest: hex(frame, at + 4, at + 8),
        length: String(end - at - 8),
        body: frame[at] === 14 && protocol === 1 ? '' : quotedOrEchoed(frame, protocol, at, end),
      };
    default:
      return { protocol: String(protocol), body: hex(frame, at, end) };
  }
}

/** The data of an ICMP message; what it quotes without the times that the kernel has written into it, and without a fragment's IPv6 id. */
function quotedOrEchoed(frame: Uint8Array, protocol: number, at: number, end: number): string {
  const data = frame.slice(at + 8, end);
  // A router that has put a datagram together sends its fragments on with an id of its own.
  if (protocol === 58 && frame[at]! < 128 && data[6] === 44 && data.length >= 48 && u32(data, 44) !== 0) data.fill(0xee, 44, 48);
  const isQuote =
    protocol === 1 && (frame[at] === 3 || frame[at] === 5 || frame[at] === 11 || frame[at] === 12) && data.length > 20;
  if (isQuote) {
    const options = data.subarray(20, (data[0]! & 15) * 4);
    const before = hex(options, 0, options.length);
    // The times count in the header's checksum.
    if (before !== hex(maskTimes(options), 0, options.length)) data.fill(0xee, 10, 12);
  }
  return hex(data, 0, data.length);
}

function describeTcp(frame: Uint8Array, at: number, end: number, origin: Origin): Description {
  const headerLength = (frame[at + 12]! >> 4) * 4;
  const flags = frame[at + 13]!;
  const letters = [2, 'S', 1, 'F', 4, 'R', 8, 'P', 16, 'A', 32, 'U', 64, 'E', 128, 'C'] as const;
  let text = '';
  for (let i = 0; i < letters.length; i += 2) if (flags & Number(letters[i])) text += letters[i + 1];
  return {
    flags: text,
    seq: relative(u32(frame, at + 4), origin.seq),
    ack: flags & 16 ? relative(u32(frame, at + 8), origin.ack) : '',
    window: String(u16(frame, at + 14)),
    tcpOptions: tcpOptions(frame, at + 20, at + headerLength, origin.ack),
    length: String(end - at - headerLength),
  };
}

function relative(number: number, origin: number): string {
  return String((number - origin) >>> 0);
}

/** Timestamps by their echo only: our clock is our own. SACK blocks as numbers of the client's. */
function tcpOptions(frame: Uint8Array, start: number, end: number, origin: number): string {
  const found: string[] = [];
  for (let at = start; at < end && frame[at] !== 0; ) {
    if (frame[at] === 1) {
      found.push('nop');
      at++;
      continue;
    }
    const length = Math.max(2, frame[at + 1]!);
    found.push(tcpOption(frame, at, length, origin));
    at += length;
  }
  return found.join(' ');
}

function tcpOption(frame: Uint8Array, at: number, length: number, origin: number): string {
  if (frame[at] === 8) return `timestamps ecr ${u32(frame, at + 6)}`;
  if (frame[at] !== 5) return hex(frame, at, at + length);
  const blocks: string[] = [];
  for (let block = at + 2; block + 8 <= at + length; block += 8) {
    blocks.push(`${relative(u32(frame, block), origin)}-${relative(u32(frame, block + 4), origin)}`);
  }
  return `sack ${blocks.join(' ')}`;
}

/** IPv4 timestamps options: the stamps themselves are the time of day. */
function maskTimes(options: Uint8Array): Uint8Array {
  for (let at = 0; at + 4 <= options.length; ) {
    const kind = options[at]!;
    if (kind <= 1) {
      at++;
      continue;
    }
    const length = Math.max(2, options[at + 1]!);
    if (kind === 68) options.fill(0xee, at + 4, Math.min(at + options[at + 2]! - 1, at + length, options.length));
    at += length;
  }
  return options;
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}
