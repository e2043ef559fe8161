const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Lays bytes down one field after another: the tests' own encoder, which shares nothing with the writers of src. */
export class Build {
  private readonly parts: Uint8Array[] = [];
  private readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  u8(...values: number[]): this {
    return this.raw(Uint8Array.from(values));
  }

  u16(...values: number[]): this {
    for (const value of values) this.number(2, (view) => view.setUint16(0, value, this.little));
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.number(4, (view) => view.setUint32(0, value, this.little));
    return this;
  }

  u64(value: bigint): this {
    return this.number(8, (view) => view.setBigUint64(0, BigInt.asUintN(64, value), this.little));
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    return this;
  }

  pad(): this {
    return this.raw(new Uint8Array(-this.length & 3));
  }

  get length(): number {
    return this.parts.reduce((sum, part) => sum + part.length, 0);
  }

  bytes(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.parts));
  }

  private number(length: number, set: (view: DataView) => void): this {
    const bytes = new Uint8Array(length);
    set(new DataView(bytes.buffer));
    return this.raw(bytes);
  }
}

/** Some frame of this length: bytes that differ from place to place and from frame to frame. */
export function payload(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + index * 7) & 0xff);
}

export function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export interface PcapHeaderFields {
  little?: boolean;
  magic?: number;
  major?: number;
  minor?: number;
  snaplen?: number;
  link?: number;
}

export function pcapHeader({
  little = true,
  magic = 0xa1b2c3d4,
  major = 2,
  minor = 4,
  snaplen = 65_535,
  link = 1,
}: PcapHeaderFields): Uint8Array {
  return new Build(little).u32(magic).u16(major, minor).u32(0, 0, snaplen, link).bytes();
}

/** A classic record; `wire` is the frame's length where it is left out, `captured` may lie. */
export function pcapRecord(
  seconds: number,
  fraction: number,
  frame: Uint8Array,
  { little = true, wire = frame.length, captured = frame.length, extra = NO_BYTES } = {},
): Uint8Array {
  return new Build(little).u32(seconds, fraction, captured, wire).raw(extra).raw(frame).bytes();
}

/** pcapng blocks in one byte order. */
export class Blocks {
  private readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  build(): Build {
    return new Build(this.little);
  }

  /** Any block: `total` and `repeated` may lie. */
  block(type: number, body: Uint8Array, { total, repeated }: { total?: number; repeated?: number } = {}): Uint8Array {
    const length = total ?? 12 + ((body.length + 3) & ~3);
    return this.build()
      .u32(type, length)
      .raw(body)
      .pad()
      .u32(repeated ?? length)
      .bytes();
  }

  section({ major = 1, minor = 0, options = NO_BYTES } = {}): Uint8Array {
    return this.block(0x0a0d0d0a, this.build().u32(0x1a2b3c4d).u16(major, minor).u64(-1n).raw(options).bytes());
  }

  interface(link = 1, snaplen = 0, ...options: Uint8Array[]): Uint8Array {
    return this.block(
      1,
      this.build()
        .u16(link, 0)
        .u32(snaplen)
        .raw(join(...options))
        .bytes(),
    );
  }

  /** An enhanced packet block. */
  packet(
    id: number,
    stamp: bigint,
    frame: Uint8Array,
    { wire = frame.length, captured = frame.length, options = NO_BYTES } = {},
  ): Uint8Array {
    const body = this.build().u32(id, Number(stamp >> 32n), Number(stamp & 0xffff_ffffn), captured, wire);
    return this.block(6, body.raw(frame).pad().raw(options).bytes());
  }

  simple(frame: Uint8Array, wire = frame.length): Uint8Array {
    return this.block(3, this.build().u32(wire).raw(frame).bytes());
  }

  /** The obsolete packet block: 16-bit interface and count of drops. */
  obsolete(id: number, drops: number, stamp: bigint, frame: Uint8Array, options = NO_BYTES): Uint8Array {
    const body = this.build()
      .u16(id, drops)
      .u32(Number(stamp >> 32n), Number(stamp & 0xffff_ffffn), frame.length, frame.length);
    return this.block(2, body.raw(frame).pad().raw(options).bytes());
  }

  statistics(id: number, ...options: Uint8Array[]): Uint8Array {
    return this.block(
      5,
      this.build()
        .u32(id, 0, 0)
        .raw(join(...options))
        .bytes(),
    );
  }

  /** One option, padded; `length` may lie. */
  option(code: number, value: Uint8Array, length = value.length): Uint8Array {
    return this.build().u16(code, length).raw(value).pad().bytes();
  }

  text(code: number, value: string): Uint8Array {
    return this.option(code, new TextEncoder().encode(value));
  }

  u32Option(code: number, value: number): Uint8Array {
    return this.option(code, this.build().u32(value).bytes());
  }

  u64Option(code: number, value: bigint): Uint8Array {
    return this.option(code, this.build().u64(value).bytes());
  }

  /** opt_endofopt. */
  end(): Uint8Array {
    return this.option(0, new Uint8Array(0));
  }
}
