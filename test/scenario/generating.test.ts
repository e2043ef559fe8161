import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { Recording, type RecordingOptions } from '../../src/commands/output/recording.ts';
import { playFile } from '../../src/commands/play.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { SilentReporter } from '../../src/report/silent.ts';
import { NAMES } from '../../src/trace/catalogue.ts';
import type { FrameRecord, Reporter } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { Frame } from '../../src/wire/frame.ts';

const LIBRARY = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
const PLAIN: RecordingOptions = { fcs: true };

describe('a generated capture', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-generate-'));
  after(() => rmSync(directory, { recursive: true }));

  /** Writes a shipped script's capture; gives the decisions that ended its frames' climbs. */
  async function generate(name: string, file: string, options = PLAIN): Promise<string[]> {
    const finals: string[] = [];
    const recording = new Recording(file, file.endsWith('.pcapng'), options);
    const reporter: Reporter = Object.assign(new SilentReporter(), {
      frame: (frame: FrameRecord, trace: Trace) => {
        finals[frame.number - 1] = NAMES[trace.final]!;
      },
    });
    await playFile(join(LIBRARY, `${name}.scn`), undefined, reporter, { tap: recording.tap });
    await recording.end();
    return finals;
  }

  /** What the analysis of a file says of the frames that came in. */
  async function analysed(file: string): Promise<string[]> {
    const finals: string[] = [];
    const reporter: Reporter = {
      wantsEvents: false,
      done: false,
      start() {},
      frame: (frame, trace) => {
        if ((frame as Frame).direction === 1) finals.push(NAMES[trace.final]!);
      },
      activity() {},
      idle() {},
      end() {},
    };
    const capture = await openCapture([file]);
    const options = { hosts: [], listen: [], fcs: 'present', offload: false, fragPolicy: 'linux' } as const;
    await analyze(capture, options, reporter, { stage() {}, at() {}, end() {} });
    await capture.close();
    return finals;
  }

  async function frames(
    file: string,
  ): Promise<{ time: number; direction: number; length: number; fcs: number; errors: number }[]> {
    const capture = await openCapture([file]);
    const frame = new Frame();
    const found = [];
    do {
      while (capture.next(frame)) {
        const { time, direction, wireLength: length, fcsLength: fcs, linkErrors: errors } = frame;
        found.push({ time, direction, length, fcs, errors });
      }
    } while (await capture.fill());
    await capture.close();
    return found;
  }

  it('of the first example differs where only the configuration says what is to happen', async () => {
    const file = join(directory, 'first.pcapng');
    const decided = await generate('first', file);
    const found = await analysed(file);
    const different = decided.flatMap((name, i) => (name === found[i] ? [] : [[i + 1, name, found[i]]]));
    assert.deepEqual(different, [[10, 'ip_firewall_dropped', 'socket_datagram_assumed']]);
  });

  it('has the frames of both directions in the order of their time', async () => {
    const file = join(directory, 'order.pcapng');
    await generate('11-http-response', file);
    const all = await frames(file);
    assert.deepEqual(
      all.map(({ time }) => time),
      all.map(({ time }) => time).sort((a, b) => a - b),
    );
    assert.deepEqual(new Set(all.map(({ direction }) => direction)), new Set([1, 2]));
    // a question is in it before its answer, though both have the same time
    assert.deepEqual(
      all.slice(0, 4).map(({ direction }) => direction),
      [1, 2, 1, 2],
    );
  });

  it('may have only one direction', async () => {
    const both = await frames(await written('first', 'both.pcapng', PLAIN));
    for (const [only, direction] of [
      ['in', 1],
      ['out', 2],
    ] as const) {
      const found = await frames(await written('first', `${only}.pcapng`, { ...PLAIN, only }));
      assert.deepEqual(
        found,
        both.filter((frame) => frame.direction === direction),
      );
    }
  });

  it('has frames without their FCS unless it is asked for, and marks those that had a wrong one', async () => {
    const bare = await frames(await written('first', 'bare.pcapng', { ...PLAIN, fcs: false }));
    assert.ok(bare.every(({ length }) => length >= 60));
    assert.equal(bare.filter(({ errors }) => errors !== 0).length, 1);
    const classic = await frames(await written('first', 'first.pcap', PLAIN));
    assert.ok(classic.every(({ fcs, length }) => fcs === 4 && length >= 64));
  });

  it('is the same bytes each time', async () => {
    const [one, two] = [join(directory, 'one.pcap'), join(directory, 'two.pcap')];
    await generate('lossy-link', one);
    await generate('lossy-link', two);
    assert.deepEqual(readFileSync(one), readFileSync(two));
  });

  async function written(name: string, file: string, options: RecordingOptions): Promise<string> {
    const path = join(directory, file);
    await generate(name, path, options);
    return path;
  }
});
