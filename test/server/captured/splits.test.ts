import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CapturedConnection } from '../../../src/server/captured/connection.ts';
import { CapturedServer } from '../../../src/server/captured/server.ts';
import { Trace } from '../../../src/trace/trace.ts';
import { FakeListener } from '../fake-socket.ts';
import { type Act, play } from '../run.ts';

const SEED = 20260729;

/** One exchange as it is to be found, and the bytes that it is made of. */
interface Made {
  readonly request: string;
  readonly response: string;
  readonly line: string;
}

const text = fc.string({
  unit: fc.constantFrom('a', 'G', ' ', '\r', '\n', '0', ':', 'HTTP/1.1 200 ', '\x00', '\xff'),
  maxLength: 60,
});
const framing = fc.constantFrom('length', 'chunked', 'none');

function chunked(body: string, sizes: readonly number[]): string {
  let at = 0;
  let out = '';
  for (const size of sizes) {
    const chunk = body.slice(at, at + size);
    if (chunk === '') break;
    out += `${chunk.length.toString(16)};x=1\r\n${chunk}\r\n`;
    at += chunk.length;
  }
  const rest = body.slice(at);
  return `${out}${rest === '' ? '' : `${rest.length.toString(16).toUpperCase()}\r\n${rest}\r\n`}0\r\nTrailer: t\r\n\r\n`;
}

function body(kind: string, content: string, sizes: readonly number[]): { head: string; bytes: string; length: number } {
  if (kind === 'chunked')
    return { head: 'Transfer-Encoding: chunked\r\n', bytes: chunked(content, sizes), length: content.length };
  if (kind === 'length') return { head: `Content-Length: ${content.length}\r\n`, bytes: content, length: content.length };
  return { head: '', bytes: '', length: 0 };
}

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 4 });
const made: fc.Arbitrary<Made> = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'BREW', 'M-SEARCH'),
    target: fc.constantFrom('/', '/a?b=c', '*', 'http://h/x'),
    version: fc.constantFrom('1.0', '1.1'),
    requestFraming: framing,
    requestBody: text,
    requestSizes: sizes,
    status: fc.constantFrom(200, 204, 304, 404, 500),
    responseFraming: fc.constantFrom('length', 'chunked'),
    responseBody: text,
    responseSizes: sizes,
    interim: fc.boolean(),
    eol: fc.constantFrom('\r\n', '\n'),
  })
  .map((m) => {
    const asked = body(m.requestFraming, m.requestBody, m.requestSizes);
    const answered = body(m.responseFraming, m.responseBody, m.responseSizes);
    const empty = m.method === 'HEAD' || m.status === 204 || m.status === 304;
    const ends = (head: string): string => head.replaceAll('\r\n', m.eol);
    const line = `${m.method} ${m.target} ${m.version} ${asked.length} -> ${m.status} ${empty ? 0 : answered.length}`;
    return {
      request:
        ends(`${m.method} ${m.target} HTTP/${m.version}\r\nHost: h\r\nX-Long: ${'v'.repeat(40)}\r\n${asked.head}\r\n`) +
        asked.bytes,
      response:
        (m.interim ? 'HTTP/1.1 100 Continue\r\n\r\n' : '') +
        ends(`HTTP/1.1 ${m.status} Some reason\r\nServer: s\r\n${answered.head}\r\n`) +
        (empty ? '' : answered.bytes),
      line: m.interim ? `${line} (interim 1)` : line,
    };
  });

/** Cuts a text at places given as fractions of its length. */
function cut(whole: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => Math.floor(place * whole.length)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => whole.slice(from, at[i] ?? whole.length)).filter((piece) => piece !== '');
}

const places = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 30 });

describe('captured server: the same stream in any pieces', () => {
  it('gives the same exchanges, pipelined', () => {
    fc.assert(
      fc.property(fc.array(made, { minLength: 1, maxLength: 6 }), places, places, (exchanges, cutsC, cutsS) => {
        const requests = cut(exchanges.map((each) => each.request).join(''), cutsC);
        const responses = cut(exchanges.map((each) => each.response).join(''), cutsS);
        const acts: Act[] = [...requests.map((c) => ({ c })), ...responses.map((s) => ({ s }))];
        const expected = exchanges.map((each) => each.line);
        const { exchanges: found } = play([...acts, 'both closed']);
        assert.deepEqual(found, expected);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('gives the same exchanges, one after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(made, places, places), { minLength: 1, maxLength: 5 }), (exchanges) => {
        const acts: Act[] = [];
        for (const [each, cutsC, cutsS] of exchanges) {
          for (const c of cut(each.request, cutsC)) acts.push({ c });
          for (const s of cut(each.response, cutsS)) acts.push({ s });
        }
        assert.deepEqual(
          play([...acts, 'both closed']).exchanges,
          exchanges.map(([each]) => each.line),
        );
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('byte by byte', () => {
    const [first, second] = fc.sample(made, { seed: SEED, numRuns: 2 }) as [Made, Made];
    const acts: Act[] = [...first.request, ...second.request].map((c) => ({ c }));
    for (const s of first.response + second.response) acts.push({ s });
    assert.deepEqual(play(acts).exchanges, [first.line, second.line]);
  });
});

describe('captured server: any bytes', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc
      .array(
        fc.constantFrom(
          'GET / HTTP/1.1\r\n',
          'HTTP/1.1 200 OK\r\n',
          'HTTP/1.1 101 S\r\n\r\n',
          'CONNECT a:1 HTTP/1.1\r\n\r\n',
          'Content-Length: 5\r\n',
          'Content-Length: 999999999999999\r\n',
          'Transfer-Encoding: chunked\r\n',
          'Transfer-Encoding: gzip\r\n',
          ' folded\r\n',
          'bad line\r\n',
          'a\rb: c\r\n',
          '\r\n',
          '5\r\nabcde\r\n',
          'fffffffffffffff\r\n',
          '0\r\n\r\n',
          '\n',
          '\r',
          'x',
        ),
        { maxLength: 8 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 10, arbitrary: fc.record({ c: piece, missing: fc.constantFrom(0, 0, 0, 1, 5, 1000) }) },
    { weight: 10, arbitrary: fc.record({ s: piece, missing: fc.constantFrom(0, 0, 0, 1, 5, 1000) }) },
    { weight: 1, arbitrary: fc.constantFrom<Act>('client closes', 'server closes') },
  );

  it('never throw, and every request is answered, unanswered or waits no more', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 25 }),
        fc.boolean(),
        fc.constantFrom<Act>('both closed', 'client resets', 'trace ends'),
        (acts, adopted, end) => {
          const { log } = play([...acts, end], adopted).server;
          assert.equal(log.exchanges, log.requests + log.unsolicited);
          assert.equal(log.exchanges, log.responses + log.unanswered);
          assert.equal(
            log.byStatus.reduce((sum, count) => sum + count, 0),
            log.responses,
          );
        },
      ),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('are counted, all of them', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 15 }), (acts) => {
        const trace = new Trace();
        const server = new CapturedServer(trace);
        const socket = new FakeListener(server).connect();
        let received = 0;
        for (const each of acts) {
          if (typeof each === 'string' || !('c' in each)) continue;
          received += each.c.length + (each.missing ?? 0);
          socket.arrive(each.c, each.missing);
        }
        const connection = socket.session as CapturedConnection | null;
        assert.equal(connection?.requests.bytes ?? 0, received);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});
