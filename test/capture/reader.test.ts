import assert from 'node:assert/strict';
import { CaptureReader } from '../../src/capture/reader.ts';
import { WINDOW_BYTES } from '../../src/capture/window.ts';
import { Frame } from '../../src/wire/frame.ts';
import { join, payload, pcapHeader, pcapRecord } from './build.ts';
import { MemorySource } from './memory-source.ts';

const T = 1_700_000_000;

/** A file that takes its time, and must not be rewound or closed while it is being read. */
class SlowSource extends MemorySource {
  private reading = 0;

  override async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    this.reading++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.reading--;
    return super.read(into, offset, length);
  }

  override async rewind(): Promise<void> {
    assert.equal(this.reading, 0, 'nothing is being read at a rewind');
    return super.rewind();
  }

  override async close(): Promise<void> {
    assert.equal(this.reading, 0, 'nothing is being read at a close');
  }
}

async function times(reader: CaptureReader): Promise<number[]> {
  const found: number[] = [];
  const frame = new Frame();
  do while (reader.next(frame)) found.push(frame.time);
  while (await reader.fill());
  return found;
}

describe('a reader', () => {
  const capture = join(pcapHeader({}), ...[0, 1, 2, 3].map((fraction) => pcapRecord(T, fraction, payload(60, fraction))));

  it('waits for the read under way before it rewinds or closes', async () => {
    const reader = await CaptureReader.open(new SlowSource(capture, 'slow', 100));
    assert.equal(await reader.fill(), true);
    await reader.rewind();
    assert.deepEqual(await times(reader), [0, 1000, 2000, 3000]);
    await reader.rewind();
    await reader.fill();
    await reader.close();
  });

  it('gives nothing after its end, and nothing after it is closed', async () => {
    const reader = await CaptureReader.open(new MemorySource(capture));
    const frame = new Frame();
    assert.equal((await times(reader)).length, 4);
    assert.deepEqual([reader.next(frame), await reader.fill(), reader.frameCount], [false, false, 4]);
    await reader.rewind();
    await reader.close();
    assert.deepEqual([reader.next(frame), await reader.fill()], [false, false]);
  });

  it('leaves the bytes of a frame alone until it is asked for more', async () => {
    const many = Array.from({ length: 5_000 }, (_, index) => pcapRecord(T, index, payload(1_500, index)));
    const reader = await CaptureReader.open(new MemorySource(join(pcapHeader({}), ...many)));
    const frames: Frame[] = [];
    let seen = 0;
    do {
      for (let frame = new Frame(); reader.next(frame); frame = new Frame()) frames.push(frame);
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const { bytes, start, end, number } of frames)
        assert.deepEqual(bytes.subarray(start, end), payload(1_500, number - 1));
      seen += frames.splice(0).length;
    } while (await reader.fill());
    assert.equal(seen, 5_000);
  });

  it('takes no harm from being filled when nothing was taken', async () => {
    const many = Array.from({ length: 8_000 }, (_, index) => pcapRecord(T, index, payload(1_500, index)));
    for (const chunk of [1 << 20, Number.POSITIVE_INFINITY]) {
      const reader = await CaptureReader.open(new MemorySource(join(pcapHeader({}), ...many), 'memory', chunk));
      for (let round = 0; round < 20; round++) assert.equal(await reader.fill(), true);
      assert.ok(reader.source.consumed <= 3 * WINDOW_BYTES);
      assert.equal((await times(reader)).length, 8_000);
    }
  });
});
