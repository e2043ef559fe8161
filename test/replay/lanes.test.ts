import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { Random } from '../../src/host/random.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { createReporter } from '../../src/report/reporter.ts';
import { checksum } from '../../src/wire/checksum.ts';
import { Frame } from '../../src/wire/frame.ts';
import { memoryOutput } from '../report/memory-output.ts';
import { captureOf, NO_PROGRESS, OPTIONS, type Shot } from './story.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
/** Rounds of damage done to each shipped capture. */
const ROUNDS = 6;
/** Everything that is known of each frame, and everything that is counted for people. */
const BOTH = ['json', 'views'] as const;

function capturesIn(folder: string): string[] {
  return readdirSync(join(fixtures, folder))
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => join(fixtures, folder, name));
}

/** What is printed of a capture. */
async function printed(shots: readonly Shot[], stepByStep: boolean, forms: readonly ('json' | 'views')[]): Promise<string> {
  let all = '';
  for (const form of forms) {
    const { output, text } = memoryOutput();
    const reporter = createReporter(output, {
      json: form === 'json',
      frame: 0,
      views: ['frames', 'ladder', 'climb', 'paths', 'drops', 'sockets', 'http'],
      limit: 0,
      notes: [],
      ascii: false,
      lang: 'en',
      version: '0.0.0',
      env: {},
      stream: { isTTY: false },
    });
    await analyze(captureOf(shots), { ...OPTIONS, stepByStep }, reporter, NO_PROGRESS);
    all += text();
  }
  return all;
}

async function shotsOf(path: string): Promise<Shot[]> {
  const shots: Shot[] = [];
  const capture = await openCapture([path]);
  const frame = new Frame();
  do {
    while (capture.next(frame)) {
      const { time, linkType, wireLength } = frame;
      shots.push({ bytes: frame.bytes.slice(frame.start, frame.end), time, linkType, wireLength });
    }
  } while (await capture.fill());
  await capture.close();
  return shots;
}

/** One frame in four with a changed header, half of those with the IPv4 checksum that fits it; or cut, or longer than it says. */
function damaged(shots: readonly Shot[], random: Random): Shot[] {
  return shots.map((shot) => {
    const kind = random.next() & 15;
    if (kind > 3 || shot.bytes.length < 40) return shot;
    const bytes = new Uint8Array(shot.bytes.length + (kind === 0 ? random.next() % 8 : 0));
    bytes.set(shot.bytes);
    if (kind === 1) return { ...shot, bytes: bytes.subarray(0, random.next() % bytes.length) };
    if (kind > 1) bytes[random.next() % 54] = random.next() & 0xff;
    if (kind === 3) {
      bytes[24] = bytes[25] = 0;
      const right = checksum(bytes, 14, 34);
      bytes[24] = right >> 8;
      bytes[25] = right & 0xff;
    }
    return { ...shot, bytes, wireLength: bytes.length };
  });
}

describe('lanes', () => {
  for (const [folder, forms] of [
    ['captures', BOTH],
    ['linux', ['json']],
  ] as const) {
    for (const path of capturesIn(folder)) {
      it(`change nothing that is printed of ${path.slice(fixtures.length)}`, async () => {
        const shots = await shotsOf(path);
        assert.equal(await printed(shots, false, forms), await printed(shots, true, forms));
      });
    }
  }

  it('change nothing that is printed of damaged captures', async () => {
    const random = new Random(20);
    for (const path of capturesIn('captures')) {
      const shots = (await shotsOf(path)).slice(0, 400);
      for (let round = 0; round < ROUNDS; round++) {
        const worse = damaged(shots, random);
        assert.equal(await printed(worse, false, BOTH), await printed(worse, true, BOTH), `${path}, round ${round}`);
      }
    }
  });
});
