import { NO_BYTES } from '../../wire/bytes.ts';
import type { Payload } from '../tree/script.ts';

/** Reads a file that a script names, relative to the script; only the commands know where that is. */
export type ReadFile = (path: string) => Uint8Array;

const DIGITS = Buffer.from('0123456789');

/** The bytes of a payload; filling is digits. */
export function payloadBytes(payload: Payload | undefined, readFile: ReadFile): Uint8Array {
  switch (payload?.type) {
    case 'bytes':
      return payload.bytes;
    case 'fill':
      return Uint8Array.from({ length: payload.length }, (_, i) => DIGITS[i % 10]!);
    case 'file':
      return readFile(payload.path);
    default:
      return NO_BYTES;
  }
}
