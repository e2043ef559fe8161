import { createReporter, type ReportRequest } from '../../src/report/reporter.ts';
import { sentence } from '../../src/report/words/words.ts';
import { D, type DecisionName } from '../../src/trace/catalogue.ts';
import { Facts } from '../../src/trace/facts.ts';
import type { EndInfo, StartInfo } from '../../src/trace/run.ts';
import { Trace } from '../../src/trace/trace.ts';
import { Frame } from '../../src/wire/frame.ts';
import { endInfo, startInfo } from './lines-of.ts';
import { memoryOutput } from './memory-output.ts';

const CLIENT = 0x0a000002;
const SERVER = 0x0a000001;

/** A decision with its values. */
export type Step = DecisionName | readonly [DecisionName, number?, number?, number?];

export const UP_TO_IP: readonly Step[] = ['nic_fcs_not_captured', 'nic_mac_ours', 'driver_ipv4', ['ipv4_header_valid', 20, 60]];

/** One frame of a story: what its headers say, and what was decided. */
export interface Told {
  readonly facts: Partial<Facts>;
  readonly steps: readonly Step[];
  /** Called after the steps, for transmissions and events. */
  readonly after?: (trace: Trace) => void;
  readonly length?: number;
}

export const udp: Partial<Facts> = {
  family: 4,
  src3: CLIENT,
  dst3: SERVER,
  protocol: 17,
  hasTransport: true,
  sourcePort: 5000,
  destinationPort: 53,
  dataLength: 30,
};

export const observed: Partial<Facts> = {
  ...udp,
  src3: SERVER,
  dst3: CLIENT,
  sourcePort: 53,
  destinationPort: 5000,
  dataLength: 90,
};

export const noSocket: Told = {
  facts: { ...udp, destinationPort: 9 },
  steps: [...UP_TO_IP, 'ipv4_to_udp', 'udp_checksum_good', ['udp_no_socket', 9]],
  after(trace) {
    const sent = trace.transmit(D.icmp_port_unreachable);
    Object.assign(sent, { protocol: 1, src3: SERVER, dst3: CLIENT, icmpType: 3, icmpCode: 3, payloadEnd: 58 });
    trace.events!.push({
      type: 'divergence',
      time: trace.time,
      n: 3,
      kind: 'missing_reply',
      expected: { proto: 'icmp', type: 3, code: 3 },
      captured: null,
    });
  },
};

export const delivered: Told = {
  facts: udp,
  steps: [...UP_TO_IP, 'ipv4_to_udp', 'udp_checksum_good', ['socket_datagram', 30, 4]],
};
export const answer: Told = { facts: observed, steps: [['udp_observed', 90]] };
export const badFcs: Told = { facts: {}, steps: [['nic_fcs_error', 0x12345678, 0x9abcdef0]], length: 74 };

/** What a report prints of a story. */
export function report(
  story: readonly Told[],
  request: Partial<ReportRequest> = {},
  end: Partial<EndInfo> = {},
  start: Partial<StartInfo> = {},
): string {
  const { output, text } = memoryOutput();
  const reporter = createReporter(output, {
    json: false,
    frame: 0,
    views: [],
    limit: 0,
    notes: [],
    ascii: false,
    lang: 'en',
    version: '0.1.0',
    env: {},
    stream: {},
    ...request,
  });
  const trace = new Trace();
  trace.events = [];
  const frame = new Frame();
  reporter.start(startInfo({ packets: story.length, ...start }));
  for (const told of story) {
    if (reporter.done) break;
    trace.begin(frame.number * 1_500_000);
    frame.number++;
    frame.time = trace.time;
    frame.wireLength = frame.end = told.length ?? 72;
    frame.bytes = new Uint8Array(frame.end);
    trace.facts = Object.assign(new Facts(), told.facts);
    for (const step of told.steps) record(trace, step);
    told.after?.(trace);
    reporter.frame(frame, trace);
  }
  reporter.end(endInfo({ packets: story.length, lastTime: frame.time, ...end }));
  return text();
}

/** The catalogue's words for a step of a story. */
export function say(step: Step, facts: Partial<Facts> = udp, lang: 'en' | 'zh' = 'en'): string {
  const [name, a = 0, b = 0, c = 0] = typeof step === 'string' ? [step] : step;
  return sentence(D[name], a, b, c, Object.assign(new Facts(), facts), lang);
}

function record(trace: Trace, step: Step): void {
  const [name, a, b, c] = typeof step === 'string' ? [step] : step;
  trace.record(D[name], a, b, c);
}
