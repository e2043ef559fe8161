import { u16 } from '../wire/bytes.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../wire/checksum.ts';
import type { Frame } from '../wire/frame.ts';
import type { Peek } from './peek.ts';

const FULL = 0xffff;
const MORE_FRAGMENTS = 0x2000;

/**
 * Are the headers of a TCP or UDP packet what its sender wrote, as far as checksums tell? A sum that a card was to fill in, one that is not
 * used, and one that cannot be computed (cut, fragment) count as right: a witness is only refused where the frame contradicts itself.
 */
export function isIntact(peek: Peek, frame: Frame): boolean {
  return peek.family === 6 ? isIntact6(peek, frame) : isIntact4(peek, frame);
}

function isIntact4(peek: Peek, frame: Frame): boolean {
  const { bytes } = frame;
  const { network, transport } = peek;
  if (u16(bytes, network + 10) !== 0 && fold(sumBytes(bytes, network, transport)) !== FULL) return false;
  const length = u16(bytes, network + 2) - (transport - network);
  if (length <= 0 || (u16(bytes, network + 6) & MORE_FRAGMENTS) !== 0) return true;
  return isRightSum(peek, frame, length, pseudoHeader4(peek.src3, peek.dst3, peek.protocol, length));
}

function isIntact6(peek: Peek, frame: Frame): boolean {
  const { network, transport } = peek;
  const length = u16(frame.bytes, network + 4) - (transport - network - 40);
  // extension headers may move the address that the sum is over, or say that this is a fragment
  if (length <= 0 || transport !== network + 40) return true;
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = peek;
  return isRightSum(peek, frame, length, pseudoHeader6(src0, src1, src2, src3, dst0, dst1, dst2, dst3, peek.protocol, length));
}

function isRightSum(peek: Peek, frame: Frame, length: number, pseudoHeader: number): boolean {
  const { bytes } = frame;
  const start = peek.transport;
  const field = start + (peek.protocol === 6 ? 16 : 6);
  if (start + length > frame.end || field + 2 > start + length) return true;
  const written = u16(bytes, field);
  if (written === fold(pseudoHeader) || (peek.protocol === 17 && written === 0)) return true;
  return fold(sumBytes(bytes, start, start + length, pseudoHeader)) === FULL;
}
