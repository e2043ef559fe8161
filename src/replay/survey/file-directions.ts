import type { Frame } from '../../wire/frame.ts';
import { FrameDirection } from '../../wire/frame.ts';
import { AddressSet } from './address-set.ts';
import type { Direction } from './direction.ts';
import type { Peek } from './peek.ts';

const MOST = 1 << 16;
/** Frames of an address that went out, that came in, and that came in for it. */
const Count = { out: 0, in: 1, to: 2, all: 3 } as const;
/** Of an address's own frames, no more come in than this share of those that go out: forged ones. */
const FORGED_SHARE = 0.1;

type Words = readonly [number, number, number, number];

/** What a capture file itself says of where its frames went: whose go out, and for whom others come in. Most files say nothing. */
export class FileDirections {
  /** Some frame goes out. */
  hasOut = false;
  private readonly addresses = new AddressSet(MOST);
  private counts = new Float64Array(64 * Count.all);

  /** A frame with IP addresses, and what the file says of it. */
  look({ src0, src1, src2, src3, dst0, dst1, dst2, dst3 }: Peek, direction: number): void {
    const isOut = direction === FrameDirection.outbound;
    if (isOut) this.hasOut = true;
    this.count(src0, src1, src2, src3, isOut ? Count.out : Count.in);
    if (!isOut) this.count(dst0, dst1, dst2, dst3, Count.to);
  }

  /** The host at whose card the capture was taken has the address. */
  isOwn(words: Words): boolean {
    const out = this.of(words, Count.out);
    return out > 0 && this.of(words, Count.in) <= out * FORGED_SHARE;
  }

  /** More frames came in from the address than for it. */
  isForeign(words: Words): boolean {
    return this.of(words, Count.in) > this.of(words, Count.to);
  }

  /** Frames came in for the address, and none from it. */
  isOnlyAddressed(words: Words): boolean {
    return this.of(words, Count.to) > 0 && this.of(words, Count.in) === 0;
  }

  private of([w0, w1, w2, w3]: Words, what: number): number {
    const number = this.addresses.find(w0, w1, w2, w3);
    return number < 0 ? 0 : this.counts[number * Count.all + what]!;
  }

  private count(w0: number, w1: number, w2: number, w3: number, what: number): void {
    const at = this.addresses.add(w0, w1, w2, w3) * Count.all + what;
    if (at < 0) return;
    if (at >= this.counts.length) {
      const counts = new Float64Array(this.counts.length * 2);
      counts.set(this.counts);
      this.counts = counts;
    }
    this.counts[at] = this.counts[at]! + 1;
  }
}

/** As the file says, of frames of which it says something. */
export class DirectionByFile implements Direction {
  byAddress = false;
  private readonly otherwise: Direction;

  constructor(otherwise: Direction) {
    this.otherwise = otherwise;
  }

  isInbound(peek: Peek, frame: Frame): boolean {
    const { otherwise } = this;
    const isInbound = otherwise.isInbound(peek, frame);
    const { direction } = frame;
    const isSaidToBe = direction === FrameDirection.unsaid ? isInbound : direction !== FrameDirection.outbound;
    this.byAddress = otherwise.byAddress && isSaidToBe === isInbound;
    return isSaidToBe;
  }
}
