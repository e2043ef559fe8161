import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Head } from '../../../src/server/http/head.ts';
import { HeadParser } from '../../../src/server/http/head-parser.ts';
import { HeadStore } from '../../../src/server/http/head-store.ts';
import { After, type ResponseReader, ResponseStream } from '../../../src/server/http/response.ts';

/** Everything that a stream tells, in order. */
class Told implements ResponseReader {
  readonly told: unknown[] = [];

  responseStarts(): void {
    this.told.push('starts');
  }
  responseHead(head: Head, bytes: number, cut: boolean): number {
    const { status, reason, version, contentType, length, chunked, problem } = head;
    this.told.push({ status, reason, version, contentType, length, chunked, problem, bytes, cut });
    return After.body;
  }
  responseBody(bytes: Uint8Array, start: number, end: number): void {
    this.told.push(Buffer.from(bytes.subarray(start, end)).toString('latin1'));
  }
  responseComplete(bodyBytes: number): void {
    this.told.push(['complete', bodyBytes]);
  }
  responseRefused(problem: number): void {
    this.told.push(['refused', problem]);
  }
  responseUnfinished(head: Head, bytes: number): void {
    this.told.push(['unfinished', head.status, bytes]);
  }
  responsesLost(missing: number): void {
    this.told.push(['lost', missing]);
  }
  responsesResynced(skipped: number): void {
    this.told.push(['resynced', skipped]);
  }
  responsesNotHttp(_bytes: Uint8Array, start: number, end: number): void {
    this.told.push(['other', end - start]);
  }
}

const FIELDS = 'Server: some server of this test\r\nDate: Mon, 23 Nov 2026 04:19:49 GMT\r\n';

function parserThatKnows(text: string): HeadParser {
  const parser = new HeadParser('RESPONSE', false);
  for (let i = 0; i < 3; i++) tell(parser, [text]);
  return parser;
}

/** What a stream in these pieces tells; each piece lies at another place. */
function tell(parser: HeadParser, pieces: readonly string[]): unknown[] {
  const reader = new Told();
  const stream = new ResponseStream(reader, parser, new HeadStore(), false);
  for (const piece of pieces) {
    const bytes = Buffer.from(`${'-'.repeat(piece.length % 7)}${piece}`, 'latin1');
    stream.feed(bytes, piece.length % 7, bytes.length, 0);
  }
  stream.end();
  return reader.told;
}

describe('heads known by heart', () => {
  const response = `HTTP/1.1 200 OK\r\n${FIELDS}Content-Length: 3\r\n\r\nabc`;

  it('are recalled from the fourth time on, without what lies behind them', () => {
    const bytes = Buffer.from(response, 'latin1');
    const parser = new HeadParser('RESPONSE', false);
    const seen = [1, 2, 3, 4].map(() => {
      const known = parser.recall(bytes, 0, bytes.length);
      if (known === null) parser.parse(bytes, 0, bytes.length - 3);
      return known?.size;
    });
    assert.deepEqual(seen, [undefined, undefined, undefined, bytes.length - 3]);
  });

  const others: [string, string[]][] = [
    ['the same one', [response]],
    ['another value of the same length', [response.replace('Length: 3', 'Length: 2')]],
    ['another field behind the same ones', [response.replace('\r\n\r\n', '\r\nX: y\r\n\r\n')]],
    ['one that is cut', [response.slice(0, 60)]],
    ['one cut before its last byte', [response.slice(0, -4)]],
    ['one in two pieces', [response.slice(0, 60), response.slice(60)]],
    ['one line feed more before it', [`\r\n${response}`]],
    ['two in one piece', [response + response]],
    ['something else of the same length', ['x'.repeat(response.length)]],
  ];
  for (const [name, pieces] of others) {
    it(`tell what a parser tells that knows none: ${name}`, () => {
      assert.deepEqual(tell(parserThatKnows(response), pieces), tell(new HeadParser('RESPONSE', false), pieces));
    });
  }

  it('tell what a parser tells that knows none, whatever comes in whatever pieces', () => {
    const message = fc
      .record({
        status: fc.constantFrom('200 OK', '404 Not Found', '204 No Content', '200'),
        length: fc.constantFrom('0', '3', '03', '4, 4', 'x'),
        fields: fc.constantFrom('', FIELDS, 'Content-Type: text/plain\r\n', 'Transfer-Encoding: chunked\r\n'),
        end: fc.constantFrom('\r\n', '\n'),
      })
      .map(({ status, length, fields, end }) => `HTTP/1.1 ${status}\r\n${fields}Content-Length: ${length}${end}${end}abc`);
    const parser = new HeadParser('RESPONSE', false);
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), fc.nat(200), (messages, cut) => {
        const stream = messages.join('');
        const pieces = [stream.slice(0, cut), stream.slice(cut)].filter((piece) => piece !== '');
        assert.deepEqual(tell(parser, pieces), tell(new HeadParser('RESPONSE', false), pieces));
        assert.deepEqual(tell(parser, messages), tell(new HeadParser('RESPONSE', false), messages));
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});
