import { u32 } from '../../wire/bytes.ts';

const LOOSE = 131;
const STRICT = 137;
const NOP = 1;
const END = 0;
const ADDRESS = 4;
/** Type, length, pointer. */
const HEAD = 3;

/**
 * A source route among the options of a packet to send holds the whole way, first hop and destination included. On the wire the first
 * hop stands in the header's destination and the option holds the rest (RFC 791 §3.1). Gives its offset; -1: there is none.
 */
function routeAt(options: Uint8Array): number {
  for (let at = 0; at < options.length; ) {
    const type = options[at]!;
    if (type === END) return -1;
    if (type === LOOSE || type === STRICT) return at;
    at += type === NOP ? 1 : Math.max(options[at + 1] ?? 0, 2);
  }
  return -1;
}

/** Where the packet goes first. */
export function firstHop(options: Uint8Array, destination: number): number {
  const at = options.length === 0 ? -1 : routeAt(options);
  return at < 0 ? destination : u32(options, at + HEAD);
}

/** The first hop must be on the link (RFC 791 §3.1). */
export function isStrict(options: Uint8Array): boolean {
  return options.length > 0 && options[routeAt(options)] === STRICT;
}

/** The options as they stand in the packet when it leaves. */
export function onTheWire(options: Uint8Array): Uint8Array {
  const at = options.length === 0 ? -1 : routeAt(options);
  if (at < 0) return options;
  const out = new Uint8Array(options.length - ADDRESS);
  out.set(options.subarray(0, at + HEAD));
  out.set(options.subarray(at + HEAD + ADDRESS), at + HEAD);
  out[at + 1] = options[at + 1]! - ADDRESS;
  return out;
}

/** Bytes that they take there. */
export function lengthOnTheWire(options: Uint8Array): number {
  return options.length > 0 && routeAt(options) >= 0 ? options.length - ADDRESS : options.length;
}
