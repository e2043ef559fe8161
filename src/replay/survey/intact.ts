import { u16 } from '../../wire/bytes.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import type { Frame } from '../../wire/frame.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import type { Peek } from './peek.ts';

const FULL = 0xffff;
const MORE_FRAGMENTS = 0x2000;

/** What a packet's checksums say: `untold` where there is none that could be computed (not used, cut, a fragment). */
export const Sums = { untold: 0, right: 1, wrong: 2 } as const;

/**
 * Are the headers of a TCP or UDP packet what its sender wrote, as far as checksums tell? A sum that a card was to fill in counts as right:
 * a witness is only refused where the frame contradicts itself.
 */
export function isIntact(peek: Peek, frame: Frame): boolean {
  return checkSums(peek, frame) !== Sums.wrong;
}

/** The checksums of a TCP or UDP packet (and of its IPv4 header): a `Sums` number. */
export function checkSums(peek: Peek, frame: Frame): number {
  return peek.family === 6 ? checkSums6(peek, frame) : checkSums4(peek, frame);
}

function checkSums4(peek: Peek, frame: Frame): number {
  const { bytes } = frame;
  const { network, transport } = peek;
  if (u16(bytes, network + 10) !== 0 && fold(sumBytes(bytes, network, transport)) !== FULL) return Sums.wrong;
  const length = u16(bytes, network + 2) - (transport - network);
  if (length <= 0 || (u16(bytes, network + 6) & MORE_FRAGMENTS) !== 0) return Sums.untold;
  return checkSum(peek, frame, length, pseudoHeader4(peek.src3, peek.dst3, peek.protocol, length));
}

function checkSums6(peek: Peek, frame: Frame): number {
  const { network, transport } = peek;
  const length = u16(frame.bytes, network + 4) - (transport - network - 40);
  // extension headers may move the address that the sum is over, or say that this is a fragment
  if (length <= 0 || transport !== network + 40) return Sums.untold;
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = peek;
  return checkSum(peek, frame, length, pseudoHeader6(src0, src1, src2, src3, dst0, dst1, dst2, dst3, peek.protocol, length));
}

function checkSum(peek: Peek, frame: Frame, length: number, pseudoHeader: number): number {
  const { bytes } = frame;
  const start = peek.transport;
  const field = start + (peek.protocol === IpProtocol.tcp ? 16 : 6);
  if (start + length > frame.end || field + 2 > start + length) return Sums.untold;
  const written = u16(bytes, field);
  if (peek.protocol === IpProtocol.udp && written === 0) return Sums.untold;
  if (written === fold(pseudoHeader) || fold(sumBytes(bytes, start, start + length, pseudoHeader)) === FULL) return Sums.right;
  return Sums.wrong;
}
