import { OptionCode, padded } from './pcapng-format.ts';

/** An option of any block: its code, and its value as bytes or as text. */
export interface WritableOption {
  readonly code: number;
  readonly value: Uint8Array | string;
}

const encoder = new TextEncoder();
const NONE = new Uint8Array(0);
const MAX_VALUE_BYTES = 65_535;

/** The options with the end mark after them, padded; nothing at all where there are none. Text beyond 65,535 bytes is cut. */
export function encodeOptions(options: readonly WritableOption[], littleEndian: boolean): Uint8Array {
  if (options.length === 0) return NONE;
  const values = options.map(({ value }) =>
    (typeof value === 'string' ? encoder.encode(value) : value).subarray(0, MAX_VALUE_BYTES),
  );
  const length = values.reduce((sum, value) => sum + 4 + padded(value.length), 4);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, value] of values.entries()) {
    view.setUint16(at, options[index]!.code, littleEndian);
    view.setUint16(at + 2, value.length, littleEndian);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  return bytes;
}

/** Adds a text option where there is a text. */
export function addText(options: WritableOption[], code: number, text: string | undefined): void {
  if (text !== undefined) options.push({ code, value: text });
}

/** An opt_comment for each text. */
export function commentOptions(comments: readonly string[] = []): WritableOption[] {
  return comments.map((value) => ({ code: OptionCode.comment, value }));
}

/** An option whose value is a 32-bit number in the order of bytes of its section. */
export function u32Option(code: number, value: number, littleEndian: boolean): WritableOption {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return { code, value: bytes };
}

/** As `u32Option`, of 64 bits; a negative number is written as its two's complement. */
export function u64Option(code: number, value: bigint, littleEndian: boolean): WritableOption {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), littleEndian);
  return { code, value: bytes };
}
