import assert from 'node:assert/strict';
import { openCapture } from '../../src/capture/capture.ts';
import { analyze } from '../../src/replay/analyze.ts';
import type { ServerConfiguration } from '../../src/server/configuration.ts';
import type { EndInfo, ExchangeRow, FrameRecord, Reporter } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import { NO_PROGRESS } from '../replay/story.ts';
import { type Decided, decided } from './recorded.ts';

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

/** What these scripts are about is all in a capture: nobody needs their server's configuration. */
export const SHOWN_BY_CAPTURE: readonly string[] = [
  '06-arp',
  '07-ip-header',
  '08-handshake',
  '09-sockets',
  '10-http-request',
  '11-http-response',
  '12-closing-and-removal',
  'fragments',
  'http-conditions-and-ranges',
  'http-rules',
  'http-site',
  'http-writing',
  'icmp-errors',
  'ipv6-basics',
  'many-connections',
  'tcp-closing-orders',
  'tcp-out-of-order',
  'tcp-resets',
  'tcp-sequence-numbers',
  'tcp-time-wait',
];

/** What an analysis or a replay decides of each frame, and how often it takes each decision. */
export class Analysed implements Reporter {
  readonly wantsEvents = true;
  readonly done = false;
  readonly frames: Decided[] = [];
  /** Null: of no frame anything was decided. */
  taken: Float64Array | null = null;
  exchanges: readonly ExchangeRow[] = [];

  start(): void {}
  frame(frame: FrameRecord, trace: Trace): void {
    this.frames[frame.number - 1] = decided(trace);
    this.taken = trace.counts;
  }
  activity(trace: Trace): void {
    this.taken = trace.counts;
  }
  idle(): void {}
  end({ exchanges }: EndInfo): void {
    this.exchanges = exchanges;
  }
}

/** `server`: of whom the capture is; null: that is found out. */
export async function analysed(file: string, server: ServerConfiguration | null = null): Promise<Analysed> {
  const reporter = new Analysed();
  const capture = await openCapture([file]);
  const options = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux', server } as const;
  await analyze(capture, options, reporter, NO_PROGRESS);
  await capture.close();
  return reporter;
}

/** Scripts whose capture does not show when a request came to their server, or what it answered. */
export const OTHER_TIMES: Readonly<Record<string, string>> = {
  'driver-interrupts': 'the request waits in the ring',
  'capture-snaplen': 'the capture does not have all of a head, and so not where the body begins',
  'capture-against-the-rules': 'the capture has the request in another frame',
  'capture-http-answers': 'somebody else answers in the server’s name',
  'capture-in-the-middle': 'requests and answers are missing',
};

/** `10.0.0.10:32768 200 6 bytes after 0 to 43000000`: each answer of each client, and when after its request it began and ended. */
export function answerTimes(exchanges: readonly ExchangeRow[]): string[] {
  return exchanges
    .filter(({ status, requestAt }) => status > 0 && requestAt >= 0)
    .map(
      (row) =>
        `${row.client}:${row.cport} ${row.status} ${row.bodyBytes} bytes after ${row.firstByteAt - row.requestAt} to ${row.lastByteAt - row.requestAt}`,
    )
    .sort();
}

/** How far the analyses of captures agree with the runs that made them. */
export class Agreement {
  private readonly excepted = new Map<Exception, number>();
  private frames = 0;
  private same = 0;
  private samePath = 0;

  /** Where they differ, but for the exceptions; of the run, null is a frame that the server itself has sent, or that went past it. */
  differences(runs: readonly (Decided | null)[], analyses: readonly Decided[]): string[] {
    const different: string[] = [];
    runs.forEach((run, i) => {
      const analysis = analyses[i]!;
      this.frames++;
      if (run === null ? analysis.verdict.startsWith('observe ') : run.verdict === analysis.verdict) {
        this.same++;
        if (run === null || run.path.join() === analysis.path.join()) this.samePath++;
        return;
      }
      const exception = EXCEPTIONS.find((one) => run !== null && one.run.test(run.final) && one.analysis.test(analysis.final));
      if (exception !== undefined) this.excepted.set(exception, (this.excepted.get(exception) ?? 0) + 1);
      else different.push(`#${i + 1} ${run?.verdict ?? 'observe'}, analysis: ${analysis.verdict} (${analysis.final})`);
    });
    return different;
  }

  /** Every exception is needed, and for no more frames than it says. */
  check(): void {
    const { frames, same, samePath, excepted } = this;
    console.log(`      ${same} of ${frames} frames have the same verdict, layer and reason; ${samePath} the same whole path`);
    for (const one of EXCEPTIONS) {
      const count = excepted.get(one) ?? 0;
      assert.ok(count > 0, `not needed any more: ${one.why}`);
      assert.ok(count <= one.frames, `${count} frames, not ${one.frames}: ${one.why}`);
    }
    const all = [...excepted.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(same + all, frames);
    assert.ok(samePath / frames > 0.99);
  }
}
