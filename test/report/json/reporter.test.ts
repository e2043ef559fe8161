import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isoTime, JsonReporter } from '../../../src/report/json/reporter.ts';
import { CATALOGUE, NAMES } from '../../../src/trace/catalogue.ts';
import type { Decision } from '../../../src/trace/decision.ts';
import type { TraceEvent } from '../../../src/trace/events.ts';
import { Trace } from '../../../src/trace/trace.ts';
import type { Transmission } from '../../../src/trace/transmission.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { endInfo, HOST, jsonLines, startInfo, validate, validateClosed } from '../lines-of.ts';
import { memoryOutput } from '../memory-output.ts';

const NUMBERS = (CATALOGUE as readonly Decision[]).map((decision, number) => ({ decision, number }));
const STEPS = NUMBERS.filter(({ decision }) => decision.effect === 'pass').map(({ number }) => number);
const FINALS = NUMBERS.filter(({ decision }) => !['pass', 'reply', 'event'].includes(decision.effect)).map(
  ({ number }) => number,
);
const REPLIES = NUMBERS.filter(({ decision }) => decision.effect === 'reply').map(({ number }) => number);
const EVENTS = NUMBERS.filter(({ decision }) => decision.effect === 'event').map(({ number }) => number);

function valid(line: unknown): void {
  assert.ok(validate(line), JSON.stringify([line, validate.errors]));
  assert.ok(validateClosed(line), JSON.stringify([line, validateClosed.errors]));
}

const word = fc.nat({ max: 0xffffffff });
const port = fc.nat({ max: 0xffff });
const byte = fc.nat({ max: 0xff });
const isn = fc.oneof(fc.constant(-1), word);
const addresses = { src0: word, src1: word, src2: word, src3: word, dst0: word, dst1: word, dst2: word, dst3: word };

const factsOf = fc.record({
  ...addresses,
  hasMacs: fc.boolean(),
  sourceMacHigh: port,
  sourceMacLow: word,
  destinationMacHigh: port,
  destinationMacLow: word,
  vlan: fc.oneof(fc.constant(-1), fc.nat({ max: 4095 })),
  etherType: fc.oneof(fc.constant(-1), port),
  family: fc.constantFrom(0, 4, 6),
  protocol: fc.oneof(fc.constant(-1), fc.constantFrom(1, 6, 17, 58), byte),
  hasTransport: fc.boolean(),
  sourcePort: port,
  destinationPort: port,
  tcpFlags: byte,
  seq: word,
  ack: word,
  window: port,
  dataLength: port,
  senderIsn: isn,
  receiverIsn: isn,
  icmpType: byte,
  icmpCode: byte,
  arpOperation: fc.oneof(fc.constant(0), port),
  fragId: fc.oneof(fc.constant(-1), word),
  fragOffset: port,
  fragMore: fc.boolean(),
  fd: fc.integer({ min: -1, max: 100_000 }),
});

const sentOf = fc.record({
  ...addresses,
  why: fc.constantFrom(...REPLIES),
  protocol: fc.constantFrom(6, 17, 1, 58, 0, 255),
  family: fc.constantFrom(4, 6),
  sourcePort: port,
  destinationPort: port,
  flags: byte,
  seq: word,
  ack: word,
  iss: isn,
  irs: isn,
  window: port,
  mss: fc.oneof(fc.constant(-1), port),
  windowScale: fc.oneof(fc.constant(-1), fc.nat({ max: 14 })),
  sackPermitted: fc.boolean(),
  hasTimestamps: fc.boolean(),
  tsVal: word,
  tsEcr: word,
  sackCount: fc.nat({ max: 4 }),
  payloadEnd: port,
  icmpType: byte,
  icmpCode: byte,
  arpOperation: port,
});

const text = fc.string({ unit: 'binary', maxLength: 100 });
const time = fc.integer({ min: -1e12, max: Number.MAX_SAFE_INTEGER });
const sideOf = fc.option(
  fc.record({
    proto: fc.constantFrom('tcp', 'icmp'),
    flags: fc.constantFrom('', 'S', 'RA'),
    seq: fc.integer(),
    ack: fc.integer(),
    abs: fc.constant(true as const),
  }),
);
const eventOf: fc.Arbitrary<TraceEvent> = fc.oneof(
  fc.record(
    {
      type: fc.constant('socket' as const),
      time,
      event: fc.constantFrom('accept', 'state'),
      fd: fc.integer({ min: -1, max: 9999 }),
      proto: fc.constantFrom('tcp' as const, 'udp' as const),
      local: fc.constant('fd00::1'),
      lport: port,
      peer: fc.constant('10.0.0.2'),
      pport: port,
      state: fc.constantFrom('ESTABLISHED', 'FIN_WAIT2'),
      adopted: fc.boolean(),
    },
    { requiredKeys: ['type', 'time', 'event', 'fd', 'proto', 'local', 'lport', 'state'] },
  ),
  fc.record(
    {
      type: fc.constant('request' as const),
      time,
      n: fc.nat(),
      fd: fc.nat(),
      method: text,
      target: text,
      version: text,
      host: text,
      cut: fc.constant(true as const),
      bad: fc.constant(true as const),
    },
    { requiredKeys: ['type', 'time', 'n', 'fd', 'method', 'target', 'version'] },
  ),
  fc.record(
    {
      type: fc.constant('response' as const),
      time,
      n: fc.nat(),
      endTime: time,
      endN: fc.nat(),
      requestN: fc.nat(),
      fd: fc.nat(),
      status: fc.integer({ min: 100, max: 599 }),
      bodyBytes: fc.integer({ min: -1 }),
      source: fc.constantFrom('captured' as const, 'server' as const),
      incomplete: fc.constant(true as const),
    },
    {
      requiredKeys: ['type', 'time', 'n', 'endTime', 'endN', 'requestN', 'fd', 'status', 'bodyBytes', 'source'],
    },
  ),
  fc.record({
    type: fc.constant('divergence' as const),
    time,
    n: fc.nat(),
    kind: fc.constant('missing_reply'),
    expected: sideOf,
    captured: sideOf,
  }),
) as fc.Arbitrary<TraceEvent>;

const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constant(-1));

const activity = fc.record({
  steps: fc.array(fc.tuple(fc.constantFrom(...STEPS), value, value, value), { maxLength: 20 }),
  events: fc.array(fc.constantFrom(...EVENTS), { maxLength: 2 }),
  final: fc.constantFrom(...FINALS),
  facts: factsOf,
  sent: fc.array(fc.tuple(sentOf, fc.array(word, { minLength: 8, maxLength: 8 })), { maxLength: 3 }),
  told: fc.array(eventOf, { maxLength: 3 }),
  time,
  number: fc.integer({ min: 1, max: 1e9 }),
  wireLength: fc.nat({ max: 262144 }),
});

type Activity = typeof activity extends fc.Arbitrary<infer T> ? T : never;

function record(trace: Trace, a: Activity, withFinal: boolean): void {
  trace.begin(a.time);
  Object.assign(trace.facts, a.facts);
  for (const [id, x, y, z] of a.steps) trace.record(id, x, y, z);
  for (const id of a.events) trace.record(id);
  for (const [fields, sack] of a.sent) {
    const sent = trace.transmit(fields.why);
    Object.assign(sent, fields);
    (sent as Transmission).sack.set(sack);
  }
  if (withFinal) trace.record(a.final, 1, 2, 3);
  trace.events!.push(...a.told);
}

const REQUEST: TraceEvent = { type: 'request', time: 3000, n: 4, fd: 4, method: 'GET', target: '/', version: '1.1' };
const RESPONSE: TraceEvent = {
  type: 'response',
  time: 5000,
  n: 5,
  endTime: 9000,
  endN: 8,
  requestN: 4,
  fd: 4,
  status: 200,
  bodyBytes: 6,
  source: 'captured',
};

describe('JSON lines', () => {
  it('are valid whatever was decided', () => {
    fc.assert(
      fc.property(fc.array(activity, { maxLength: 5 }), (activities) => {
        const lines = jsonLines((reporter, trace, frame) => {
          for (const a of activities) {
            record(trace, a, true);
            Object.assign(frame, { number: a.number, time: a.time, wireLength: a.wireLength });
            reporter.frame(frame, trace);
          }
        });
        for (const line of lines) valid(line);
        const packets = lines.filter((line) => line.type === 'packet');
        assert.deepEqual(
          packets.map((line) => [
            line.n,
            line.t_ns,
            line.verdict,
            line.layer,
            (line.path as { decision: string }[]).at(-1)!.decision,
          ]),
          activities.map((a) => [a.number, a.time, CATALOGUE[a.final]!.effect, CATALOGUE[a.final]!.layer, NAMES[a.final]]),
        );
        const told = activities.flatMap((a) => a.told.map((event) => event.type));
        assert.deepEqual(
          lines.filter((line) => line.type !== 'packet').map((line) => line.type),
          told,
        );
      }),
      { numRuns: 1000, seed: 3 },
    );
  });

  it('are valid for what timers do', () => {
    fc.assert(
      fc.property(activity, (a) => {
        const lines = jsonLines((reporter, trace) => {
          record(trace, a, false);
          reporter.activity(trace);
        });
        for (const line of lines) valid(line);
        assert.equal(lines.filter((line) => line.type === 'transmit').length, a.sent.length);
      }),
      { numRuns: 500, seed: 4 },
    );
  });

  it('go on when there are more paths than are kept', () => {
    const lines = jsonLines((reporter, trace, frame) => {
      for (let i = 0; i < 6000; i++) {
        trace.begin(i);
        trace.facts.reset();
        for (let bit = 0; bit < 13; bit++) trace.record(STEPS[(i >> bit) & 1]!);
        trace.record(FINALS[0]!);
        frame.number = i + 1;
        reporter.frame(frame, trace);
      }
    });
    assert.equal(lines.length, 6000);
    const bits = (lines[5555]!.path as { decision: string }[])
      .slice(0, 13)
      .map(({ decision }) => Number(decision === NAMES[STEPS[1]!]));
    assert.deepEqual(
      bits,
      Array.from({ length: 13 }, (_, bit) => (5555 >> bit) & 1),
    );
  });

  it('tell the same address pair of different directions and protocols apart', () => {
    const observe = NUMBERS.find(({ decision }) => decision.effect === 'observe')!.number;
    const consume = NUMBERS.find(({ decision }) => decision.effect === 'consume')!.number;
    const lines = jsonLines((reporter, trace, frame) => {
      for (const [final, protocol, family] of [
        [consume, 6, 4],
        [observe, 6, 4],
        [consume, 17, 4],
        [consume, 6, 6],
        [consume, 6, 4],
      ] as const) {
        trace.begin(0);
        Object.assign(trace.facts, {
          family,
          protocol,
          hasTransport: true,
          src3: 1,
          dst3: 2,
          sourcePort: 3,
          destinationPort: 4,
          vlan: -1,
        });
        trace.record(final);
        reporter.frame(frame, trace);
      }
    });
    assert.deepEqual(
      lines.map((line) => [line.dir, line.proto, line.src, line.sport, line.dst, line.dport]),
      [
        ['in', 'tcp', '0.0.0.1', 3, '0.0.0.2', 4],
        ['out', 'tcp', '0.0.0.1', 3, '0.0.0.2', 4],
        ['in', 'udp', '0.0.0.1', 3, '0.0.0.2', 4],
        ['in', 'tcp', '::1', 3, '::2', 4],
        ['in', 'tcp', '0.0.0.1', 3, '0.0.0.2', 4],
      ],
    );
  });

  it('have no frame number where a timer did it', () => {
    const captured = { proto: 'tcp', flags: 'RA', seq: 0, ack: 4000, abs: true } as const;
    const lines = jsonLines((reporter, trace) => {
      trace.begin(1);
      trace.events!.push({ ...REQUEST, n: 0 }, { ...RESPONSE, n: 0, endN: 0 }, { ...RESPONSE, endN: 0 });
      trace.events!.push({ type: 'divergence', time: 1, n: 0, kind: 'missing_reply', expected: null, captured });
      reporter.activity(trace);
    });
    for (const line of lines) valid(line);
    assert.deepEqual(
      lines.map(({ type, n, first_n }) => ({ type, n, first_n })),
      [
        { type: 'request', n: undefined, first_n: undefined },
        { type: 'response', n: undefined, first_n: undefined },
        { type: 'response', n: undefined, first_n: 5 },
        { type: 'divergence', n: undefined, first_n: undefined },
      ],
    );
    assert.deepEqual(lines[3]!.captured, captured);
  });

  it('write times as whole numbers however far a forged clock jumps', () => {
    const { output, text } = memoryOutput();
    const reporter = new JsonReporter(output, '0.1.0');
    const trace = new Trace();
    const frame = new Frame();
    const time = 2 ** 80;
    const socket = { event: 'listen', fd: 3, proto: 'tcp', local: '*', lport: 80, state: 'LISTEN' } as const;
    const pair = { method: 'GET', target: '/', differs: [], server: null, captured: null } as const;
    trace.begin(time);
    trace.events = [
      { type: 'socket', time, ...socket },
      { ...REQUEST, time },
      { ...RESPONSE, time, endTime: time },
      { type: 'divergence', time, n: 1, kind: 'missing_reply', expected: null, captured: null },
      { type: 'comparison', time, n: 1, fd: 4, ...pair },
    ];
    trace.record(FINALS[0]!);
    Object.assign(frame, { number: 1, time });
    reporter.frame(frame, trace);
    const times = [...text().matchAll(/t_ns":([^,}]*)/g)].map((match) => match[1]);
    assert.deepEqual(times, Array(7).fill('1208925819614629174706176'));
  });

  it('tell fragments', () => {
    const [middle, last, whole] = jsonLines((reporter, trace, frame) => {
      for (const [fragId, fragOffset, fragMore] of [
        [0x1234, 1480, true],
        [0x1234, 2960, false],
        [-1, 0, false],
      ]) {
        trace.begin(0);
        Object.assign(trace.facts, { family: 4, protocol: 17, fragId, fragOffset, fragMore });
        trace.record(FINALS[0]!);
        reporter.frame(frame, trace);
      }
    });
    assert.deepEqual(middle!.frag, { id: 0x1234, offset: 1480, more: true });
    assert.deepEqual(last!.frag, { id: 0x1234, offset: 2960, more: false });
    assert.ok(!('frag' in whole!));
  });

  const numbers: readonly [string, Record<string, number>, Record<string, unknown>][] = [
    [
      'relative where both ISNs are known',
      { senderIsn: 1000, receiverIsn: 5000, seq: 1001, ack: 5079, tcpFlags: 16 },
      { seq: 1, ack: 79 },
    ],
    ['relative over the wrap', { senderIsn: 0xfffffff0, receiverIsn: 0, seq: 5, ack: 1, tcpFlags: 16 }, { seq: 21, ack: 1 }],
    [
      'negative shortly before the ISN',
      { senderIsn: 1000, receiverIsn: 5000, seq: 999, ack: 5001, tcpFlags: 16 },
      { seq: -1, ack: 1 },
    ],
    [
      'absolute where one is not known',
      { senderIsn: 1000, receiverIsn: -1, seq: 1001, ack: 5079, tcpFlags: 16 },
      { seq: 1001, ack: 5079, abs: true },
    ],
    [
      'relative without an ACK although the peer is not known',
      { senderIsn: 1000, receiverIsn: -1, seq: 1000, ack: 7, tcpFlags: 2 },
      { seq: 0 },
    ],
  ];
  for (const [name, facts, expected] of numbers) {
    it(`has sequence numbers ${name}`, () => {
      const [line] = jsonLines((reporter, trace, frame) => {
        trace.begin(0);
        Object.assign(trace.facts, { family: 4, protocol: 6, hasTransport: true, ...facts });
        trace.record(FINALS[0]!);
        reporter.frame(frame, trace);
      });
      const { seq, ack, abs } = line!;
      assert.deepEqual(JSON.parse(JSON.stringify({ seq, ack, abs })), expected);
    });
  }

  it('begin with start and end with end', () => {
    const { output, text } = memoryOutput();
    const reporter = new JsonReporter(output, '0.1.0');
    reporter.start(startInfo({ notes: [{ code: 'snaplen', count: 2 }] }));
    reporter.end(
      endInfo({
        damage: [{ file: 'x.pcap', offset: 100, lost: -1, code: 'E_CAPTURE_TRUNCATED', message: 'cut' }],
        requestCount: 3,
        responses: new Map([
          [404, 1],
          [200, 2],
        ]),
        divergences: new Map([['missing_reply', 1]]),
        socketCount: 2,
      }),
    );
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    lines.forEach(valid);
    assert.deepEqual(lines, [
      {
        type: 'start',
        format: '1.0',
        tool: 'rxpath',
        version: '0.1.0',
        command: 'analyze',
        source: 'x.pcap',
        t0: '2023-11-14T22:13:20.000000000Z',
        host: HOST,
        packets: 1,
        capture: 'pcap',
        link_types: ['Ethernet'],
        notes: [
          { code: 'snaplen', count: 2, message: '2 frames are cut by the snaplen: what needs the missing bytes is not checked' },
        ],
      },
      {
        type: 'end',
        packets: 1,
        in: 0,
        out: 0,
        verdicts: {},
        reasons: {},
        sockets: 2,
        requests: 3,
        responses: { 200: 2, 404: 1 },
        divergences: { missing_reply: 1 },
        host: HOST,
        damaged: [{ file: 'x.pcap', offset: 100, code: 'E_CAPTURE_TRUNCATED', message: 'cut' }],
      },
    ]);
  });

  it('count verdicts and reasons', () => {
    const drop = NUMBERS.find(({ decision }) => decision.effect === 'drop')!;
    const hold = NUMBERS.find(({ decision }) => decision.effect === 'hold')!;
    const { output, text } = memoryOutput();
    const reporter = new JsonReporter(output, '0.1.0');
    const trace = new Trace();
    const frame = new Frame();
    for (const { number } of [drop, hold, drop]) {
      trace.begin(0);
      trace.record(number);
      frame.number++;
      reporter.frame(frame, trace);
    }
    reporter.end(endInfo({ packets: 3 }));
    const end = JSON.parse(text().trimEnd().split('\n').at(-1)!);
    assert.deepEqual(
      [end.in, end.out, end.verdicts, end.reasons, end.damaged],
      [3, 0, { hold: 1, drop: 2 }, { [drop.decision.reason!]: 2 }, null],
    );
  });

  it('have the time of a response’s end, and that of its beginning beside it', () => {
    const lines = jsonLines((reporter, trace) => {
      trace.begin(9000);
      trace.events!.push({ ...RESPONSE, incomplete: true }, RESPONSE, { ...REQUEST, cut: true, bad: true }, REQUEST);
      reporter.activity(trace);
    });
    lines.forEach(valid);
    const response = { type: 'response', n: 8, t_ns: 9000, fd: 4, status: 200, body_bytes: 6, source: 'captured' };
    const request = { type: 'request', n: 4, t_ns: 3000, fd: 4, method: 'GET', target: '/', version: '1.1' };
    assert.deepEqual(lines, [
      { ...response, first_n: 5, first_t_ns: 5000, incomplete: true },
      { ...response, first_n: 5, first_t_ns: 5000 },
      { ...request, cut: true, bad: true },
      request,
    ]);
  });

  const instants: readonly [bigint | null, string][] = [
    [0n, '1970-01-01T00:00:00.000000000Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
    [253_402_300_799_999_999_999n, '9999-12-31T23:59:59.999999999Z'],
    [253_402_300_800_000_000_000n, ''],
    [-62_167_219_200_000_000_000n, '0000-01-01T00:00:00.000000000Z'],
    [-62_167_219_200_000_000_001n, ''],
    [2n ** 64n * 1_000_000_000n, ''],
    [-(2n ** 127n), ''],
    [null, ''],
  ];
  for (const [ns, text] of instants) it(`write ${ns} ns as '${text}'`, () => assert.equal(isoTime(ns), text));

  it('have no t0 where its year has no four digits', () => {
    const { output, text } = memoryOutput();
    new JsonReporter(output, '0.1.0').start(startInfo({ t0: 2n ** 94n }));
    const line = JSON.parse(text());
    valid(line);
    assert.equal('t0' in line, false);
  });

  it('can be those of one frame', () => {
    const { output, text } = memoryOutput();
    const reporter = new JsonReporter(output, '0.1.0', 2);
    const trace = new Trace();
    const frame = new Frame();
    for (let n = 1; n <= 3 && !reporter.done; n++) {
      trace.begin(0);
      trace.record(FINALS[0]!);
      frame.number = n;
      reporter.frame(frame, trace);
    }
    const numbers = (text().match(/"n":\d+/g) ?? []).join();
    assert.deepEqual([numbers, reporter.done, reporter.found, frame.number], ['"n":2', true, true, 2]);
  });

  it('refuses what the contract does not know, in the closed schema', () => {
    assert.equal(validate({ type: 'nonsense' }), false);
    assert.equal(validate({ type: 'response', n: 1, t_ns: 0, fd: 4, status: 200, source: 'elsewhere' }), false);
    assert.equal(validate({ type: 'response', n: 1, t_ns: 0, fd: 4, status: 200, source: 'server', later: 1 }), true);
    assert.equal(validateClosed({ type: 'response', n: 1, t_ns: 0, fd: 4, status: 200, source: 'server', later: 1 }), false);
  });
});
