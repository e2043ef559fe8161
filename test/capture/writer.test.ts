import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { CaptureReader } from '../../src/capture/reader.ts';
import { fileTarget, MemorySink, type PcapngFrame, PcapngWriter, PcapWriter } from '../../src/capture/writer.ts';
import { Blocks, Build, join, payload, pcapHeader, pcapRecord } from './build.ts';
import { MemorySource } from './memory-source.ts';
import { directory, type Reading, walk } from './readers.ts';

const T = 1_700_000_000;
const ORIGIN = 1_700_000_000_000_000_000n;

function framed(bytes: Uint8Array, time: number, more: Partial<PcapngFrame> = {}): PcapngFrame {
  return { bytes, start: 0, end: bytes.length, time, wireLength: bytes.length, ...more };
}

async function read(bytes: Uint8Array): Promise<Reading> {
  return walk(await CaptureReader.open(new MemorySource(bytes)));
}

describe('PcapWriter', () => {
  for (const little of [true, false]) {
    it(`writes the bytes of the format, ${little ? 'little' : 'big'}-endian`, async () => {
      const sink = new MemorySink();
      const writer = new PcapWriter(sink.take, { littleEndian: little, origin: ORIGIN + 5_000n, linkType: 113, snaplen: 65_535 });
      writer.write(framed(payload(60), 0));
      writer.write(framed(payload(80), 1_999_999_999, { start: 10, end: 31, wireLength: 1514 }));
      writer.write(framed(new Uint8Array(0), -6_000));
      await writer.flush();
      const expected = join(
        pcapHeader({ little, link: 113 }),
        pcapRecord(T, 5, payload(60), { little }),
        pcapRecord(T + 2, 4, payload(80).subarray(10, 31), { little, wire: 1514 }),
        pcapRecord(T - 1, 999_999, new Uint8Array(0), { little }),
      );
      assert.deepEqual(sink.bytes(), expected);
    });
  }

  it('writes nanoseconds', async () => {
    const sink = new MemorySink();
    const writer = new PcapWriter(sink.take, { nanoseconds: true, origin: ORIGIN, snaplen: 65_535 });
    writer.write(framed(payload(60), 123_456_789));
    await writer.flush();
    assert.deepEqual(sink.bytes(), join(pcapHeader({ magic: 0xa1b23c4d }), pcapRecord(T, 123_456_789, payload(60))));
  });

  it('writes modified records with their direction', async () => {
    const sink = new MemorySink();
    const writer = new PcapWriter(sink.take, { modified: true, origin: ORIGIN, snaplen: 65_535 });
    writer.write(framed(payload(60), 0, { direction: 2 }));
    await writer.flush();
    const extra = new Build(true).u32(0).u16(0).u8(4, 0).bytes();
    assert.deepEqual(sink.bytes(), join(pcapHeader({ magic: 0xa1b2cd34 }), pcapRecord(T, 0, payload(60), { extra })));
  });

  it('writes the FCS length into the link-type word', async () => {
    const sink = new MemorySink();
    await new PcapWriter(sink.take, { fcsLength: 4, snaplen: 65_535 }).flush();
    assert.deepEqual(sink.bytes(), pcapHeader({ link: 0x2400_0001 }));
  });
});

describe('PcapngWriter', () => {
  for (const little of [true, false]) {
    it(`writes the bytes of the format, ${little ? 'little' : 'big'}-endian`, async () => {
      const sink = new MemorySink();
      const writer = new PcapngWriter(sink.take, { littleEndian: little, origin: ORIGIN });
      writer.section({ hardware: 'h', os: 'o', application: 'rxpath', comments: ['c'] });
      assert.equal(writer.interface(), 0);
      const more = {
        linkType: 276,
        snaplen: 96,
        name: 'eth0',
        description: 'd',
        fcsLength: 4,
        offsetSeconds: -1n,
        comments: ['x', 'y'],
      };
      assert.equal(writer.interface({ ...more, resolution: { base: 2, exponent: 10 } }), 1);
      writer.write(framed(payload(61), 7_000));
      writer.write(framed(payload(60), 500_000_000, { interfaceId: 1, direction: 2, fcsLength: 4, linkErrors: 0x100 }), [
        'größer',
      ]);
      writer.write(framed(payload(60), 0, { fcsLength: 2, direction: 1 }));
      writer.writeSimple(framed(payload(33), 0, { wireLength: 99 }));
      writer.block(0x0bad, payload(5), [{ code: 1, value: payload(3) }]);
      await writer.flush();
      const b = new Blocks(little);
      const about = join(b.text(1, 'c'), b.text(2, 'h'), b.text(3, 'o'), b.text(4, 'rxpath'), b.end());
      const texts = join(b.text(1, 'x'), b.text(1, 'y'), b.text(2, 'eth0'), b.text(3, 'd'));
      const numbers = join(b.option(9, Uint8Array.of(0x8a)), b.option(13, Uint8Array.of(32)), b.u64Option(14, -1n), b.end());
      const flagged = join(b.text(1, 'größer'), b.u32Option(2, 0x0100_0002), b.end());
      const expected = join(
        b.section({ options: about }),
        b.interface(),
        b.interface(276, 96, texts, numbers),
        b.packet(0, BigInt(T) * 1_000_000n + 7n, payload(61)),
        b.packet(1, BigInt(T + 1) * 1024n + 512n, payload(60), { options: flagged }),
        b.packet(0, BigInt(T) * 1_000_000n, payload(60), { options: join(b.u32Option(2, (2 << 5) | 1), b.end()) }),
        b.simple(payload(33), 99),
        b.block(
          0x0bad,
          b
            .build()
            .raw(payload(5))
            .pad()
            .raw(b.option(1, payload(3)))
            .raw(b.end())
            .bytes(),
        ),
      );
      assert.deepEqual(sink.bytes(), expected);
    });
  }

  it('refuses a packet of an interface that was not written', () => {
    const writer = new PcapngWriter(new MemorySink().take);
    writer.section();
    assert.throws(() => writer.write(framed(payload(60), 0)), { name: 'RangeError', message: /has no interface 0/ });
  });
});

describe('what was written', () => {
  const frame = fc.record({
    bytes: fc.uint8Array({ maxLength: 90 }),
    time: fc.integer({ min: -1_000_000, max: 2_000_000_000 }),
    cut: fc.nat(2_000),
    direction: fc.nat(2),
    linkErrors: fc.constantFrom(0, 0, 0x100, 0xffff),
    comments: fc.option(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 3 }), { nil: undefined }),
    interfaceId: fc.nat(2),
  });
  const frames = fc.array(frame, { minLength: 1, maxLength: 20 });

  it('as pcap is read back as it was', async () => {
    const options = fc.record({
      littleEndian: fc.boolean(),
      nanoseconds: fc.boolean(),
      fcsLength: fc.constantFrom(undefined, 0, 2, 4, 30),
      linkType: fc.constantFrom(0, 1, 12, 101, 113, 276),
    });
    await fc.assert(
      fc.asyncProperty(options, frames, async ({ fcsLength, ...about }, list) => {
        const sink = new MemorySink();
        const writer = new PcapWriter(sink.take, { ...about, origin: ORIGIN, ...(fcsLength === undefined ? {} : { fcsLength }) });
        for (const { bytes, time, cut } of list) writer.write(framed(bytes, time, { wireLength: bytes.length + cut }));
        await writer.flush();
        const unit = about.nanoseconds ? 1 : 1000;
        const down = (time: number) => Math.floor(time / unit) * unit;
        const { origin, ...rest } = await read(sink.bytes());
        assert.equal(origin, ORIGIN + BigInt(down(list[0]!.time)));
        const expected = list.map(({ bytes, time, cut }, index) => ({
          number: index + 1,
          time: down(time) - down(list[0]!.time),
          wireLength: bytes.length + cut,
          linkType: about.linkType,
          fcsLength: fcsLength ?? -1,
          direction: 0,
          interfaceId: 0,
          linkErrors: 0,
          comments: [],
          hex: Buffer.from(bytes).toString('hex'),
        }));
        assert.deepEqual(rest, { frames: expected, commentCount: 0, damage: null });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('as pcapng is read back as it was, over sections of both byte orders', async () => {
    const sections = fc.array(fc.record({ little: fc.boolean(), frames }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sections, async (list) => {
        const sink = new MemorySink();
        const writer = new PcapngWriter(sink.take, { origin: ORIGIN });
        const all = list.flatMap(({ frames: some }) => some);
        for (const section of list) {
          writer.section({}, section.little);
          writer.interface({ linkType: 1, resolution: { base: 10, exponent: 9 } });
          writer.interface({
            linkType: 101,
            resolution: { base: 10, exponent: 12 },
            fcsLength: 4,
            offsetSeconds: BigInt(T - 1_000),
          });
          writer.interface({ linkType: 276, resolution: { base: 10, exponent: 9 }, offsetSeconds: 1_000_000_000n });
          for (const { bytes, cut, comments, ...frame } of section.frames) {
            writer.write(framed(bytes, frame.time, { ...frame, wireLength: bytes.length + cut }), comments);
          }
        }
        await writer.flush();
        const { origin, ...rest } = await read(sink.bytes());
        assert.equal(origin, ORIGIN + BigInt(all[0]!.time));
        const expected = all.map(({ bytes, cut, comments = [], time, ...frame }, index) => ({
          ...frame,
          number: index + 1,
          time: time - all[0]!.time,
          wireLength: bytes.length + cut,
          linkType: [1, 101, 276][frame.interfaceId],
          fcsLength: [-1, 4, -1][frame.interfaceId],
          comments: comments.map((comment) => comment.replace(/\0+$/, '')),
          hex: Buffer.from(bytes).toString('hex'),
        }));
        const commentCount = all.reduce((sum, { comments = [] }) => sum + comments.length, 0);
        assert.deepEqual(rest, { frames: expected, commentCount, damage: null });
      }),
      { seed: 2, numRuns: 200 },
    );
  });
});

describe('a target', () => {
  const big = Array.from({ length: 300 }, (_, index) => framed(payload(1_000, index), index * 1000));

  it('that is a file holds what was written', async () => {
    const path = joinPath(directory, 'written.pcap');
    const target = fileTarget(path);
    const writer = new PcapWriter(target);
    for (const frame of big) writer.write(frame);
    await writer.flush();
    await new Promise((resolve) => target.end(resolve));
    const sink = new MemorySink();
    const memory = new PcapWriter(sink.take);
    for (const frame of big) memory.write(frame);
    await memory.flush();
    assert.deepEqual(Uint8Array.from(readFileSync(path)), sink.bytes());
    assert.equal((await read(sink.bytes())).frames.length, 300);
  });

  it('is given few large writes, in order, each after the one before', async () => {
    const sizes: number[] = [];
    let busy = false;
    const parts: Uint8Array[] = [];
    const writer = new PcapWriter(async (bytes) => {
      assert.equal(busy, false, 'one write at a time');
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      sizes.push(bytes.length);
      parts.push(bytes);
      busy = false;
    });
    for (const frame of big) writer.write(frame);
    assert.ok(writer.backlog > 100_000);
    await writer.flush();
    assert.equal(writer.backlog, 0);
    assert.ok(sizes.length < 8, `${sizes}`);
    assert.equal((await read(join(...parts))).frames.length, 300);
  });

  it('that fails says so at the flush', async () => {
    const broken = new Writable({ write: (_bytes, _encoding, done) => done(new Error('no space')) });
    broken.on('error', () => {});
    const writer = new PcapWriter(broken);
    for (const frame of big) writer.write(frame);
    await assert.rejects(writer.flush(), { message: 'no space' });
    const throwing = new PcapWriter(() => {
      throw new Error('no sink');
    });
    await assert.rejects(throwing.flush(), { message: 'no sink' });
  });

  it('takes a frame larger than what is gathered', async () => {
    const sink = new MemorySink();
    const writer = new PcapngWriter(sink.take);
    writer.section();
    writer.interface();
    writer.write(framed(payload(200_000), 0));
    writer.write(framed(payload(10), 0));
    await writer.flush();
    assert.deepEqual(
      (await read(sink.bytes())).frames.map(({ wireLength }) => wireLength),
      [200_000, 10],
    );
  });
});
