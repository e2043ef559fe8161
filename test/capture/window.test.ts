import assert from 'node:assert/strict';
import type { ByteSource } from '../../src/capture/byte-source.ts';
import { WINDOW_BYTES, Window } from '../../src/capture/window.ts';

/** A source whose byte at each offset is known, and what lengths were asked of it. */
function counting(size: number, rewindable: boolean): { source: ByteSource; asked: number[] } {
  const asked: number[] = [];
  let at = 0;
  const source: ByteSource = {
    name: 'memory',
    size,
    get consumed() {
      return at;
    },
    compression: null,
    rewindable,
    damage: null,
    read: async (into, offset, length) => {
      asked.push(length);
      const count = Math.min(length, size - at);
      for (let i = 0; i < count; i++) into[offset + i] = (at + i) % 251;
      at += count;
      return count;
    },
    rewind: async () => {
      at = 0;
    },
    close: async () => {},
  };
  return { source, asked };
}

/** Reads all there is, leaving some bytes over each time; how many there were, all of them in their place. */
async function readAll(window: Window, source: ByteSource): Promise<number> {
  let next = 0;
  while (await window.fill(source)) {
    for (; window.length > 7; window.pass(1), next++) assert.equal(window.bytes[window.start], next % 251);
  }
  return next + window.length;
}

describe('the window of a capture', () => {
  const KiB = 1024;

  it('reads little of a file at first, and then twice as much each time', async () => {
    const { source, asked } = counting(5 * WINDOW_BYTES, true);
    assert.equal(await readAll(new Window(), source), 5 * WINDOW_BYTES);
    const growing = [64, 128, 256, 512, 1024, 2048, 2048];
    assert.deepEqual(
      asked.slice(0, growing.length).map((length) => length / KiB),
      growing,
    );
  });

  it('begins small again for another source', async () => {
    const window = new Window();
    await readAll(window, counting(5 * WINDOW_BYTES, true).source);
    await window.reset();
    const { source, asked } = counting(100, true);
    assert.equal(await readAll(window, source), 100);
    assert.equal(asked[0], 64 * KiB);
  });

  it('takes of a pipe what there is', async () => {
    const { source, asked } = counting(100, false);
    assert.equal(await readAll(new Window(), source), 100);
    assert.equal(asked[0], WINDOW_BYTES);
  });
});
