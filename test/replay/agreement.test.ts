import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture } from '../../src/capture/capture.ts';
import { readScript } from '../../src/commands/input/script-file.ts';
import { configurationOf } from '../../src/commands/input/server-file.ts';
import { analyze } from '../../src/replay/analyze.ts';
import type { FrameRecord } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { type Decided, decided, LIBRARY, recordScript, reporterOf, SCRIPTS } from '../scenario/recorded.ts';

/** Where an analysis cannot come to what the run has decided: the decisions that ended the climb in the one and in the other, and why. */
interface Exception {
  readonly run: RegExp;
  readonly analysis: RegExp;
  /** So many frames of the shipped scripts at most, and one at least. */
  readonly frames: number;
  readonly why: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    run: /./,
    analysis: /_not_captured$/,
    frames: 10,
    why: 'the snaplen has cut what the decision would look at',
  },
  {
    run: /./,
    analysis: /^nic_link_type_unsupported$/,
    frames: 1,
    why: 'the capture is of a link type that is not read',
  },
  {
    run: /^nic_giant$/,
    analysis: /^server_stream_not_http$/,
    frames: 1,
    why: 'without its FCS a frame that is too long is taken for several segments that a card has put together',
  },
  {
    run: /^tcp_ack_unsent_data$/,
    analysis: /^tcp_ack_accepted$/,
    frames: 4,
    why: 'the capture shows data of the server that somebody else has forged: the client has acknowledged what the capture shows',
  },
  {
    run: /^http_request_complete$/,
    analysis: /^tcp_ack_unsent_data$/,
    frames: 1,
    why: 'the segments before it were not captured',
  },
];

/** Two readings of one frame; `run` is null where the server itself has sent it, or it went past the server. */
interface Pair {
  readonly n: number;
  readonly run: Decided | null;
  readonly analysis: Decided;
}

/** Plays a script, writes its capture, and analyses that as the capture of the script's own server. */
async function readTwice(name: string, file: string): Promise<Pair[]> {
  const decidedInRun = await recordScript(name, file);
  const server = await configurationOf(readScript(join(LIBRARY, name)));
  const ofAnalysis = new Map<number, Decided>();
  const capture = await openCapture([file]);
  const options = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux', server } as const;
  const keep = (frame: FrameRecord, trace: Trace) => void ofAnalysis.set(frame.number, decided(trace));
  await analyze(capture, options, reporterOf(keep), { stage() {}, at() {}, end() {} });
  await capture.close();
  return decidedInRun.map((run, i) => ({ n: i + 1, run, analysis: ofAnalysis.get(i + 1)! }));
}

describe('the analysis of a generated capture, given the script’s server', function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-agree-'));
  const excepted = new Map<Exception, number>();
  let frames = 0;
  let same = 0;
  let samePath = 0;
  after(() => rmSync(directory, { recursive: true }));

  for (const name of SCRIPTS) {
    it(`agrees with the run of ${name.replace('.scn', '')}`, async () => {
      const pairs = await readTwice(name, join(directory, `${name}.pcapng`));
      const different: string[] = [];
      for (const { n, run, analysis } of pairs) {
        const ended = run === null ? 'observe' : run.verdict;
        frames++;
        if (run === null ? analysis.verdict.startsWith('observe ') : run.verdict === analysis.verdict) {
          same++;
          if (run === null || run.path.join() === analysis.path.join()) samePath++;
          continue;
        }
        const exception = EXCEPTIONS.find((one) => run !== null && one.run.test(run.final) && one.analysis.test(analysis.final));
        if (exception === undefined) different.push(`#${n} ${ended}, analysis: ${analysis.verdict} (${analysis.final})`);
        else excepted.set(exception, (excepted.get(exception) ?? 0) + 1);
      }
      assert.deepEqual(different, []);
    });
  }

  it('agrees frame by frame, but for what is not in a capture', () => {
    console.log(`      ${same} of ${frames} frames have the same verdict, layer and reason; ${samePath} the same whole path`);
    for (const one of EXCEPTIONS) {
      const count = excepted.get(one) ?? 0;
      assert.ok(count > 0, `not needed any more: ${one.why}`);
      assert.ok(count <= one.frames, `${count} frames, not ${one.frames}: ${one.why}`);
    }
    const all = [...excepted.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(same + all, frames);
    assert.ok(samePath / frames > 0.99);
  });
});
