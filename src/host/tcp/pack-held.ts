import type { TcpConnection } from './connection.ts';
import type { Held, ReassemblyQueue } from './reassembly.ts';
import { PACKED_MAX, packedMemory, packedRoom } from './receive-queue.ts';
import { add, after, before } from './seq.ts';

/**
 * A host short of memory packs what it holds out of order: of each run without a hole what costs more than the window says of it is put
 * into buffers of up to a page (Linux tcp_collapse_ofo_queue). Single small segments stay as they are, and where those take much the rest too.
 */
export function packHeld(c: TcpConnection, queue: ReassemblyQueue): void {
  const { held } = queue;
  let single = 0;
  for (let from = 0; from < held.length; ) {
    let to = from + 1;
    let end = held[from]!.endSeq;
    for (; to < held.length && !after(held[to]!.seq, end); to++) if (after(held[to]!.endSeq, end)) end = held[to]!.endSeq;
    if (to - from > 1 || (end - held[from]!.seq) >>> 0 >= PACKED_MAX) {
      from = packRun(queue, from, to, c.scalingRatio);
    } else {
      single += held[from]!.memory;
      if (single > c.rcvbuf >> 3) return;
      from = to;
    }
  }
}

/** Packs from the first wasteful segment of a run on, up to a FIN; gives where the run ends now. */
function packRun(queue: ReassemblyQueue, from: number, to: number, ratio: number): number {
  const { held } = queue;
  let first = from;
  let start = held[from]!.seq;
  for (; first < to; first++) {
    const { seq, endSeq, fin, memory } = held[first]!;
    if (!fin && (Math.floor((memory * ratio) / 256) > (endSeq - seq) >>> 0 || before(seq, start))) break;
    if (first + 1 < to && held[first + 1]!.seq !== endSeq) break;
    start = endSeq;
  }
  let last = first;
  while (last < to && !held[last]!.fin) last++;
  if (first === last) return to;
  if (after(held[first]!.seq, start)) start = held[first]!.seq;
  const packed = pack(bytesOf(held.slice(first, last), start), start);
  const fewer = last - first - packed.length;
  for (; last > first; last--) queue.removeAt(first);
  for (const [i, segment] of packed.entries()) queue.insert(first + i, segment);
  return to - fewer;
}

/** Bytes of a run from number `start` on; where segments overlap the earlier one's count. */
function bytesOf(run: readonly Held[], start: number): Uint8Array {
  const end = run.reduce((most, { endSeq }) => (after(endSeq, most) ? endSeq : most), start);
  const bytes = new Uint8Array((end - start) >>> 0);
  let next = start;
  for (const { seq, pieces } of run) {
    let at = seq;
    for (const piece of pieces) {
      const skip = Math.max(0, (next - at) | 0);
      if (skip < piece.bytes.length) {
        bytes.set(piece.bytes.subarray(skip), (at + skip - start) >>> 0);
        next = add(at, piece.bytes.length);
      }
      at = add(at, piece.bytes.length);
    }
  }
  return bytes;
}

function pack(bytes: Uint8Array, start: number): Held[] {
  const packed: Held[] = [];
  for (let at = 0; at < bytes.length; at += PACKED_MAX) {
    const part = bytes.slice(at, at + PACKED_MAX);
    packed.push({
      seq: add(start, at),
      endSeq: add(start, at + part.length),
      fin: false,
      pieces: [{ bytes: part, missing: 0 }],
      memory: packedMemory(part.length),
      room: packedRoom(part.length),
      joined: 0,
      parent: null,
      left: null,
      right: null,
      isRed: true,
    });
  }
  return packed;
}
