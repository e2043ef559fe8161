import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { CaptureError } from '../../src/capture/error.ts';
import { CaptureReader } from '../../src/capture/reader.ts';
import { inflated } from '../../src/capture/source.ts';
import { Timeline } from '../../src/capture/timeline.ts';
import { Window } from '../../src/capture/window.ts';
import { join } from './build.ts';
import { COMPLIANCE } from './compliance.ts';
import { MemorySource } from './memory-source.ts';
import { type Reading, walk } from './readers.ts';

/** One for all of them: tens of thousands are read. */
const WINDOW = new Window();

const SMALL = COMPLIANCE.filter(({ capture }) => capture.length < 2_000);

/** All that can be read; null where the capture cannot be opened. Anything thrown but a CaptureError fails the test. */
async function read(capture: Uint8Array): Promise<Reading | null> {
  let reader: CaptureReader;
  try {
    reader = await CaptureReader.open(await inflated(new MemorySource(capture)), new Timeline(), WINDOW);
  } catch (error) {
    assert.ok(error instanceof CaptureError, `not a CaptureError: ${error}`);
    assert.match(error.message, /^memory(:| )/);
    return null;
  }
  return walk(reader);
}

function assertPrefix(cut: Reading, whole: Reading): void {
  assert.deepEqual(cut.frames, whole.frames.slice(0, cut.frames.length));
}

describe('a capture that is cut', () => {
  for (const { name, capture } of SMALL) {
    it(`gives the frames before the cut, wherever it is: ${name}`, async () => {
      const whole = (await read(capture))!;
      for (let length = 0; length < capture.length; length++) {
        const cut = await read(capture.subarray(0, length));
        if (cut === null) continue;
        assertPrefix(cut, whole);
        const lost = cut.damage;
        if (lost !== null && lost.lostBytes !== null) assert.equal(lost.offset + lost.lostBytes, length);
        if (lost === null) assert.ok(cut.frames.length <= whole.frames.length);
      }
    });
  }

  it('gives the same from gzip that is cut, and says so', async () => {
    const { capture } = SMALL.find(({ name }) => name.startsWith('packet options'))!;
    const whole = (await read(capture))!;
    const packed = gzipSync(capture, { level: 0 });
    for (let length = 3; length < packed.length; length++) {
      const cut = await read(packed.subarray(0, length));
      if (cut === null) continue;
      assertPrefix(cut, whole);
      assert.equal(cut.damage?.code, 'E_CAPTURE_TRUNCATED');
    }
  });
});

describe('a capture of which bytes are changed', () => {
  it('gives the frames before the change and never fails otherwise', async () => {
    const change = fc.record({
      which: fc.nat(SMALL.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, bytes }) => {
        const { capture } = SMALL[which]!;
        const place = Math.floor(at * capture.length);
        const changed = capture.slice();
        changed.set(bytes.subarray(0, capture.length - place), place);
        const reading = await read(changed);
        if (reading?.damage) assert.ok(reading.damage.offset <= capture.length);
      }),
      { seed: 7, numRuns: 10_000 },
    );
  });

  it('gives every frame that ends before the change', async () => {
    const { capture, frames } = SMALL.find(({ name }) => name === 'enhanced packets, big-endian')!;
    const whole = (await read(capture))!;
    const lastBlock = capture.length - 32;
    for (let at = lastBlock; at < capture.length; at++) {
      const changed = capture.slice();
      changed[at] = changed[at]! ^ 0xff;
      const reading = (await read(changed))!;
      assert.deepEqual(reading.frames.slice(0, frames.length - 1), whole.frames.slice(0, -1), `byte ${at}`);
    }
  });
});

describe('bytes that were never a capture', () => {
  it('are refused or read, and nothing else', async () => {
    const magics = [0xd4c3b2a1, 0xa1b2c3d4, 0x4d3cb2a1, 0x34cdb2a1, 0x0a0d0d0a].map((magic) =>
      Uint8Array.of(magic >>> 24, magic >>> 16, magic >>> 8, magic),
    );
    const start = fc.constantFrom(
      new Uint8Array(0),
      Uint8Array.of(0x1f, 0x8b, 8),
      ...magics,
      ...SMALL.map(({ capture }) => capture),
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 400 }), async (head, tail) => {
        await read(join(head, tail));
      }),
      { seed: 11, numRuns: 10_000 },
    );
  });
});
