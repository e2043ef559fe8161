import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { PcapWriter } from '../../src/capture/pcap-writer.ts';
import { MemorySink } from '../../src/capture/sink.ts';
import { Random } from '../../src/host/random.ts';
import { analyze } from '../../src/replay/analyze.ts';
import type { AnalyzeOptions } from '../../src/replay/options.ts';
import { EFFECT_OF } from '../../src/trace/catalogue.ts';
import { Effect } from '../../src/trace/decision.ts';
import type { EndInfo, Progress, Reporter } from '../../src/trace/run.ts';
import { Frame } from '../../src/wire/frame.ts';
import { LinkType } from '../../src/wire/link.ts';

const FRAMES = 110_000;
const STEP = 20_000;
const LONGEST = 400;
const captures = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));
const OPTIONS: AnalyzeOptions = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux' };
const NO_PROGRESS: Progress = { stage() {}, at() {}, end() {} };

/** Counts frames by the effect of their verdict. */
class Counter implements Reporter {
  readonly wantsEvents = true;
  readonly done = false;
  readonly verdicts = new Map<number, number>();
  start(): void {}
  frame(_frame: unknown, trace: Parameters<Reporter['frame']>[1]): void {
    const effect = trace.final < 0 ? -1 : EFFECT_OF[trace.final]!;
    this.verdicts.set(effect, (this.verdicts.get(effect) ?? 0) + 1);
  }
  activity(): void {}
  idle(): void {}
  end(): void {}
}

/** Real frames, short ones only: a mutation of a header says more than one of a body. */
async function realFrames(): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const name of readdirSync(captures).filter((each) => each.endsWith('.pcap'))) {
    const capture = await openCapture([join(captures, name)]);
    const frame = new Frame();
    do {
      while (capture.next(frame)) found.push(frame.bytes.slice(frame.start, Math.min(frame.end, frame.start + LONGEST)));
    } while (await capture.fill());
    await capture.close();
  }
  return found;
}

/** The frame with some bytes or bits changed, cut, or lengthened; one in eight as it is. */
function mutated(frame: Uint8Array, random: Random): Uint8Array {
  const bytes = frame.slice();
  const kind = random.next() & 7;
  if (kind === 0) return bytes;
  if (kind === 1) return bytes.subarray(0, random.next() % (bytes.length + 1));
  if (kind === 2) return Uint8Array.from({ length: random.next() % 200 }, () => random.next() & 0xff);
  for (let changes = 1 + (random.next() % 4); changes > 0; changes--) {
    const at = random.next() % Math.min(bytes.length, kind < 5 ? 80 : bytes.length);
    bytes[at] = kind === 3 ? random.next() & 0xff : bytes[at]! ^ (1 << (random.next() & 7));
  }
  return bytes;
}

async function run(
  linkType: number,
  frames: readonly Uint8Array[],
  count: number,
  seed: number,
): Promise<{ counter: Counter; end: EndInfo }> {
  const random = new Random(seed);
  const sink = new MemorySink();
  const writer = new PcapWriter(sink.take, { linkType });
  for (let n = 0; n < count; n++) {
    const bytes = mutated(frames[random.next() % frames.length]!, random);
    const wireLength = (random.next() & 31) === 0 ? bytes.length + 100 : bytes.length;
    writer.write({ bytes, start: 0, end: bytes.length, time: n * STEP, wireLength });
  }
  await writer.flush();
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-'));
  try {
    const path = join(directory, 'mutated.pcap');
    writeFileSync(path, sink.bytes());
    const capture = await openCapture([path]);
    const counter = new Counter();
    const end = await analyze(capture, OPTIONS, counter, NO_PROGRESS);
    await capture.close();
    return { counter, end };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the whole path', () => {
  let frames: Uint8Array[] = [];
  before(async () => {
    frames = await realFrames();
  });

  const TYPES: readonly (readonly [name: string, linkType: number, header: number, count: number])[] = [
    ['Ethernet', LinkType.ethernet, 0, FRAMES - 5 * 6000],
    ['raw IP', LinkType.raw, 14, 6000],
    ['NULL', LinkType.null, 10, 6000],
    ['Linux cooked', LinkType.sll, 0, 6000],
    ['Linux cooked v2', LinkType.sll2, 0, 6000],
    ['a link type that it does not climb', 127, 0, 6000],
  ];
  for (const [name, linkType, skip, count] of TYPES) {
    it(`gives each of ${count} random and mutated frames of ${name} one verdict`, async () => {
      const { counter, end } = await run(
        linkType,
        frames.map((frame) => frame.subarray(Math.min(skip, frame.length))),
        count,
        1 + linkType,
      );
      const judged = [...counter.verdicts.values()].reduce((sum, n) => sum + n, 0);
      assert.equal(judged, count);
      assert.equal(end.packets, count);
      assert.deepEqual(end.damage, []);
      assert.deepEqual(
        [...counter.verdicts.keys()].filter((effect) => effect < Effect.deliver || effect > Effect.observe),
        [],
      );
    });
  }

  it('gives the same verdicts to the same frames again', async () => {
    const [first, second] = [await run(LinkType.ethernet, frames, 5000, 7), await run(LinkType.ethernet, frames, 5000, 7)];
    assert.deepEqual([...first.counter.verdicts], [...second.counter.verdicts]);
    assert.deepEqual(first.end.notes, second.end.notes);
  });
});
