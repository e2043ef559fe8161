import assert from 'node:assert/strict';
import { columns } from '../../../src/report/words/layout.ts';
import type { ExchangeRow } from '../../../src/trace/run.ts';
import { delivered, report } from '../story.ts';

const ROW: ExchangeRow = {
  n: 6,
  fd: 4,
  client: '10.0.0.2',
  cport: 51234,
  method: 'GET',
  target: '/hello.txt',
  version: '1.1',
  host: 'a',
  status: 200,
  bodyBytes: 6,
  requestIncomplete: false,
  responseIncomplete: false,
  requestAt: 1_000,
  firstByteAt: 251_000,
  lastByteAt: 1_251_000,
  source: 'server',
  closedBy: 'client',
  server: '10.0.0.1',
  sport: 80,
  module: '#2',
};
const REPLAYED: readonly ExchangeRow[] = [
  { ...ROW, other: { status: 200, bodyBytes: 6, closedBy: 'client' }, differs: [] },
  {
    ...ROW,
    n: 9,
    status: 404,
    bodyBytes: 1400,
    closedBy: 'server',
    other: { status: 301, bodyBytes: 146 },
    differs: ['status', 'length', 'closed'],
  },
  {
    ...ROW,
    n: 12,
    status: 0,
    bodyBytes: -1,
    fd: -1,
    module: '',
    firstByteAt: -1,
    lastByteAt: -1,
    closedBy: '',
    other: { status: 200, bodyBytes: 6 },
    differs: ['not_answered'],
  },
  { ...ROW, n: 15, other: null, differs: ['not_captured'] },
];

/** Lines of the table, its title included. */
function table(
  rows: readonly ExchangeRow[],
  request: { width?: number; lang?: 'en' | 'zh'; ascii?: boolean } = {},
  comparison?: ReadonlyMap<string, number>,
): string[] {
  const { width = 0, lang = 'en', ascii = false } = request;
  const stream = width === 0 ? {} : { isTTY: true, columns: width };
  const env = { NO_COLOR: '1', TERM: 'xterm', LANG: 'C.UTF-8' };
  const text = report(
    [delivered],
    { views: ['http'], lang, ascii, stream, env },
    { exchanges: rows, requestCount: rows.length, ...(comparison === undefined ? {} : { comparison, compared: rows.length }) },
  );
  const lines = text.split('\n');
  return lines.slice(lines.findIndex((line) => line.startsWith('HTTP')));
}

describe('the table of requests', () => {
  it('shows of a hostile request what it may', () => {
    const [, , line] = table([{ ...ROW, method: 'G'.repeat(500), target: `/\x1b[2J\x9b${'A'.repeat(3000)}` }]);
    assert.ok(line!.includes(`  ${'G'.repeat(19)}…  /\\x1b[2J\\x9b${'A'.repeat(87)}…     200  `), line);
  });

  it('has client and server, module, method, target, status, bytes, times, and who closed first', () => {
    assert.deepEqual(table([ROW]).slice(0, 3), [
      'HTTP  1',
      '  #  Client          Server       fd  Module  Method  Target      Status  Bytes    TTFB    Total  Closed first',
      '  6  10.0.0.2:51234  10.0.0.1:80   4      #2  GET     /hello.txt     200      6  250 µs  1.25 ms  client',
    ]);
  });

  it('tells no time of a response whose request was not seen', () => {
    const [, , line] = table([{ ...ROW, n: 0, method: '', target: '', requestAt: -1 }]);
    assert.equal(line, '  -  10.0.0.2:51234  10.0.0.1:80   4      #2  -       -          200      6     -  client');
  });

  it('leaves the server out where a capture has one only', () => {
    const captured: ExchangeRow = { ...ROW, source: 'captured', module: '' };
    assert.equal(
      table([captured])[1],
      '  #  Client          fd  Method  Target      Status  Bytes    TTFB    Total  Closed first',
    );
    assert.match(table([captured, { ...captured, sport: 8080 }])[2]!, / 10\.0\.0\.1:80 /);
  });

  it('shows the captured answer beside ours, and in what they differ', () => {
    assert.deepEqual(table(REPLAYED).slice(1, 6), [
      '   #  Client          Server       fd  Module  Method  Target      Status  Bytes    TTFB    Total  Closed first  Captured      Differs',
      '   6  10.0.0.2:51234  10.0.0.1:80   4      #2  GET     /hello.txt     200      6  250 µs  1.25 ms  client        200 6 client  =',
      '   9  10.0.0.2:51234  10.0.0.1:80   4      #2  GET     /hello.txt     404  1,400  250 µs  1.25 ms  server        301 146       ≠ status, length, closed',
      '  12  10.0.0.2:51234  10.0.0.1:80   -       -  GET     /hello.txt       -      -       -        -  -             200 6         ≠ not_answered',
      '  15  10.0.0.2:51234  10.0.0.1:80   4      #2  GET     /hello.txt     200      6  250 µs  1.25 ms  client        -             ≠ not_captured',
    ]);
  });

  it('shows ours beside the captured answer, where that is what was looked at', () => {
    const [, head] = table([
      { ...ROW, source: 'captured', module: '', other: { status: 404, bodyBytes: 14 }, differs: ['status'] },
    ]);
    assert.match(head!, /Closed first {2}Our server {2}Differs$/);
  });

  for (const width of [70, 80, 100, 140])
    it(`fits into ${width} columns`, () => {
      const lines = table(REPLAYED, { width });
      assert.deepEqual(
        lines.filter((line) => columns(line) > width),
        [],
      );
      assert.equal(lines.filter((line) => line.includes('≠')).length, 3);
    });

  it('in ASCII too', () =>
    assert.deepEqual(
      table(REPLAYED, { ascii: true })
        .join('')
        .match(/[^ -~]/g),
      null,
    ));

  const sums: [name: string, comparison: ReadonlyMap<string, number>, en: RegExp, zh: RegExp][] = [
    ['all the same', new Map([['same', 4]]), /all answers as captured/, /所有应答与抓到的相同/],
    [
      'some not',
      new Map([
        ['same', 1],
        ['status', 2],
      ]),
      /1 of 4 answers as captured, different: 2 status/,
      /4 个应答中 1 个与抓到的相同，不同：2 status/,
    ],
    [
      'where nobody answered some',
      new Map([
        ['same', 1],
        ['neither', 1],
        ['status', 2],
      ]),
      /1 of 3 answers as captured, different: 2 status/,
      /3 个应答中 1 个与抓到的相同，不同：2 status/,
    ],
  ];
  for (const [name, comparison, en, zh] of sums)
    it(`is summed up in a line: ${name}`, () => {
      assert.match(table(REPLAYED, {}, comparison).join('\n'), en);
      assert.match(table(REPLAYED, { lang: 'zh' }, comparison).join('\n'), zh);
    });
});
