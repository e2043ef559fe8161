import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Answer, Question, Responder } from '../../../src/server/http/answer.ts';
import { Pending } from '../../../src/server/http/answer.ts';
import { Programs } from '../../../src/server/programs.ts';
import { Trace } from '../../../src/trace/trace.ts';
import { FakeListener } from '../fake-socket.ts';

const SEED = 20261123;

/** Answers with what it was asked, so that every byte of a request shows. */
const ECHO: Responder = {
  respond: ({ method, target, version, fields, bodyBytes, body }: Question): Answer => {
    const said = [method, target, version, ...fields, bodyBytes, Buffer.from(body).toString('latin1')].join('|');
    return { status: 200, fields: [], body: Buffer.from(said, 'latin1') };
  },
};

function serve(pieces: readonly (string | Uint8Array)[], responder: Responder = ECHO): { output: string; programs: Programs } {
  const trace = new Trace();
  const programs = new Programs(trace, responder);
  const socket = new FakeListener(programs.programFor({ program: 'http', workers: 1, max: 1 })).connect();
  for (const piece of pieces) {
    trace.begin(trace.time + 1, trace.frame + 1);
    socket.arrive(piece);
  }
  return { output: socket.output, programs };
}

function cut(whole: string, places: readonly number[]): string[] {
  const at = [...new Set(places.map((place) => Math.floor(place * whole.length)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => whole.slice(from, at[i] ?? whole.length)).filter((piece) => piece !== '');
}

const places = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 20 });
const content = fc.string({
  unit: fc.constantFrom('a', ' ', '\r', '\n', '0', ';', 'GET / HTTP/1.1\r\n', '\0', '\xff'),
  maxLength: 30,
});
const request = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'BREW'),
    fc.constantFrom('/', '/a?b', 'http://h/x'),
    content,
    fc.constantFrom('none', 'length', 'chunked'),
    fc.nat(12),
  )
  .map(([method, target, body, framing, size]) => {
    const head = `${method} ${target} HTTP/1.1\r\nHost: h\r\n`;
    if (framing === 'none') return `${head}\r\n`;
    if (framing === 'length') return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
    const chunks = (size === 0 ? [body] : (body.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [])).filter(
      (chunk) => chunk !== '',
    );
    const encoded = chunks.map((chunk) => `${chunk.length.toString(16)};x="y"\r\n${chunk}\r\n`).join('');
    return `${head}Transfer-Encoding: chunked\r\n\r\n${encoded}0\r\nT: v\r\n\r\n`;
  });

describe('requests in any pieces', () => {
  it('are the same requests', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 5 }), places, (requests, cuts) => {
        const whole = requests.join('');
        const { output, programs } = serve([whole]);
        assert.equal(serve(cut(whole, cuts)).output, output);
        assert.equal(programs.log.responses, requests.length);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('are the same where each answer comes later', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 5 }), places, (requests, cuts) => {
        const whole = requests.join('');
        const waiting: (() => void)[] = [];
        const later: Responder = {
          respond: (question, tell) => {
            const pending = new Pending();
            const answer = ECHO.respond(question, tell) as Answer;
            waiting.push(() => pending.told?.(answer));
            return pending;
          },
        };
        const trace = new Trace();
        const socket = new FakeListener(new Programs(trace, later).programFor({ program: 'http', workers: 1, max: 1 })).connect();
        for (const piece of cut(whole, cuts)) socket.arrive(piece);
        for (let answered = 0; answered < requests.length; answered++) {
          assert.equal(waiting.length, 1);
          waiting.pop()!();
        }
        assert.equal(socket.output, serve([whole]).output);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('any bytes are refused or served, and accounted for, whole and in pieces alike', () => {
    const part = fc.oneof(
      request,
      fc.constantFrom(
        'GET ',
        '/ ',
        'HTTP/1.1\r\n',
        'HTTP/1.0\r\n',
        'Host: h\r\n',
        'Content-Length: 3\r\n',
        'Content-Length: 03, 3\r\n',
        'Transfer-Encoding: chunked\r\n',
        'Transfer-Encoding: ,\r\n',
        'Expect: 100-continue\r\n',
        'Connection: close\r\n',
        ' folded\r\n',
        'a : b\r\n',
        '\r\n',
        '\n',
        '\r',
        '3\r\nabc\r\n',
        '3;\r\n',
        '0\r\n\r\n',
        '\0',
      ),
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 12 }),
    );
    const statuses = (output: string): number => (output.match(/HTTP\/1\.1 (?!100)\d{3} [A-Z][\w ]*\r\nServer/g) ?? []).length;
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), places, (parts, cuts) => {
        const whole = parts.join('');
        const { output, programs } = serve([whole]);
        const { log } = programs;
        const inPieces = serve(cut(whole, cuts));
        // Only whether the client is told to go on depends on what has come already.
        const noContinue = (text: string): string => text.replaceAll('HTTP/1.1 100 Continue\r\n\r\n', '');
        assert.equal(noContinue(inPieces.output), noContinue(output));
        assert.equal(log.responses, statuses(output));
        assert.ok(log.requests - log.responses <= 1);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
