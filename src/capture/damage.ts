import type { CaptureCode } from './error.ts';

/** Where an input stopped making sense. All frames before it were given out. The message does not name the input. */
export interface Damage {
  readonly code: CaptureCode;
  /** Byte of the (inflated) input where the damaged record, block or file header begins. */
  readonly offset: number;
  /** Bytes from `offset` to the end that gave no frame; null where the end is not known (a pipe, compressed bytes not inflated). */
  readonly lostBytes: number | null;
  readonly message: string;
}

/** The end came within a record: `wanted` bytes long, as far as its header was there to say so. */
export function cutRecord(offset: number, there: number, wanted: number): Damage {
  const message = `The capture ends within the record at byte ${offset}: ${there} of at least ${wanted} bytes are there.`;
  return { code: 'E_CAPTURE_TRUNCATED', offset, lostBytes: there, message };
}

/** The same damage, found at `offset` of an input of `size` bytes (null: not known), of which the rest is not read. */
export function giveUpAt(damage: Damage, offset: number, size: number | null): Damage {
  const lostBytes = size === null ? null : Math.max(size - offset, 0);
  const rest = lostBytes === null ? 'What follows is not read.' : `The ${lostBytes} bytes from there on are not read.`;
  return { code: damage.code, offset, lostBytes, message: `${damage.message} ${rest}` };
}

/** The input itself failed; the last whole record ends at `offset` of its bytes. */
export function failedInput(damage: Damage, offset: number, size: number | null): Damage {
  const lostBytes = size === null ? null : Math.max(size - offset, 0);
  return {
    code: damage.code,
    offset,
    lostBytes,
    message: `${damage.message} Whole records end at byte ${offset} of what it held.`,
  };
}
