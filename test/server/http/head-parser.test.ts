import assert from 'node:assert/strict';
import fc from 'fast-check';
import { HeadParser } from '../../../src/server/http/head-parser.ts';
import { Problem } from '../../../src/server/http/problems.ts';

const PROBLEMS = Object.keys(Problem);

/** What a parser makes of a head, without what is as it is in an empty one. */
function parsed(parser: HeadParser, text: string): Record<string, unknown> {
  const bytes = Buffer.from(`before${text}after`, 'latin1');
  const head = parser.parse(bytes, 6, bytes.length - 5);
  const found: Record<string, unknown> = {};
  const empty = new HeadParser('REQUEST', false).head;
  for (const [key, value] of Object.entries(head)) {
    if (key === 'problem') {
      if (value !== Problem.none) found[key] = PROBLEMS[value as number];
    } else if (key === 'fields' ? head.fields.length > 0 : value !== empty[key as keyof typeof empty]) found[key] = value;
  }
  return found;
}

describe('request heads', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    [
      'only the fields that decide are kept',
      'GET /a HTTP/1.1\r\nUser-Agent: u\r\nhOsT:  x \r\nCookie: c\r\nCONNECTION: Keep-Alive, Upgrade\r\nupgrade: h2c\r\nExpect: 100-Continue\r\n\r\n',
      {
        method: 'GET',
        target: '/a',
        version: '1.1',
        host: 'x',
        hosts: 1,
        fields: ['hOsT', 'x'],
      },
    ],
    [
      'a folded field that decides',
      'GET / HTTP/1.0\r\nX: y\r\n z\r\nTransfer-Encoding:\r\n chunked\r\n\r\n',
      { method: 'GET', target: '/', version: '1.0', coded: true, chunked: true, fields: ['Transfer-Encoding', 'chunked'] },
    ],
    [
      'the longest length',
      'PUT / HTTP/1.1\r\nContent-Length: 999999999999999\r\n\r\n',
      {
        method: 'PUT',
        target: '/',
        version: '1.1',
        lengths: 1,
        length: 999999999999999,
        fields: ['Content-Length', '999999999999999'],
      },
    ],
    [
      'a longer one',
      'PUT / HTTP/1.1\r\nContent-Length: 1000000000000000\r\n\r\n',
      {
        method: 'PUT',
        target: '/',
        version: '1.1',
        lengths: 1,
        problem: 'length',
        fields: ['Content-Length', '1000000000000000'],
      },
    ],
    [
      'an empty length',
      'PUT / HTTP/1.1\r\nContent-Length:\r\n\r\n',
      { method: 'PUT', target: '/', version: '1.1', lengths: 1, problem: 'length', fields: ['Content-Length', ''] },
    ],
    [
      'codings before chunked',
      'PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
      {
        method: 'PUT',
        target: '/',
        version: '1.1',
        coded: true,
        chunked: true,
        otherCoding: true,
        fields: ['Transfer-Encoding', 'gzip, chunked'],
      },
    ],
    [
      'a coding that does not end in chunked, with a length',
      'PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked, gzip\r\n\r\n',
      {
        method: 'PUT',
        target: '/',
        version: '1.1',
        lengths: 1,
        coded: true,
        otherCoding: true,
        bothLengths: true,
        fields: ['Content-Length', '5', 'Transfer-Encoding', 'chunked, gzip'],
      },
    ],
    [
      'a method that the library does not know',
      'FROBNICATE /x HTTP/1.1\r\n\r\n',
      { method: 'FROBNICATE', target: '/x', version: '1.1' },
    ],
    ['one in lower case', 'get /x HTTP/1.1\r\n\r\n', { method: 'get', target: '/x', version: '1.1' }],
    ['two spaces', 'GET  /x HTTP/1.1\r\n\r\n', { method: 'GET', target: ' /x', version: '1.1', problem: 'startLine' }],
    [
      'a space at the end of the line',
      'GET /x HTTP/1.1 \r\n\r\n',
      { method: 'GET', target: '/x', version: '1.1', problem: 'startLine' },
    ],
    [
      'the fields of a refused start line are read',
      'GET /x y HTTP/1.1\r\nHost: h\r\n\r\n',
      { method: 'GET', target: '/x y', version: '1.1', problem: 'startLine', host: 'h', hosts: 1, fields: ['Host', 'h'] },
    ],
    ['no version', 'GET /x\r\n\r\n', { method: 'GET', target: '/x', problem: 'startLine' }],
    ['nothing', '', { problem: 'startLine' }],
    [
      'CR inside a field',
      'GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n',
      { method: 'GET', target: '/', version: '1.1', problem: 'fieldLine' },
    ],
    ['bytes above 127', 'GET /\xe9 HTTP/1.1\r\n\r\n', { method: 'GET', target: '/\xe9', version: '1.1' }],
    [
      'cut in a field',
      'GET / HTTP/1.1\r\nHost: examp',
      { method: 'GET', target: '/', version: '1.1', host: 'examp', hosts: 1, fields: ['Host', 'examp'] },
    ],
  ];
  const parser = new HeadParser('REQUEST', false);
  for (const [name, text, expected] of cases) it(name, () => assert.deepEqual(parsed(parser, text), expected));

  it('strictly: all fields are kept, and lines that are no fields are a problem', () => {
    const strict = new HeadParser('REQUEST', true);
    const line = 'GET / HTTP/1.1\r\n';
    const request = { method: 'GET', target: '/', version: '1.1' };
    assert.deepEqual(parsed(strict, `${line}A: b\r\nC:d\r\n\r\n`), { ...request, fields: ['A', 'b', 'C', 'd'] });
    const connection = ['CONNECTION', 'Keep-Alive, Upgrade', 'upgrade', 'h2c', 'Expect', '100-Continue'];
    assert.deepEqual(parsed(strict, `${line}CONNECTION: Keep-Alive, Upgrade\r\nupgrade: h2c\r\nExpect: 100-Continue\r\n\r\n`), {
      ...request,
      keepAlive: true,
      upgrade: true,
      expectsContinue: true,
      fields: connection,
    });
    for (const bad of ['A : b', ' folded', 'none', ': empty', 'sp ace: x']) {
      assert.deepEqual(parsed(strict, `${line}A: b\r\n${bad}\r\n\r\n`).problem, 'fieldLine', bad);
    }
  });
});

describe('response heads', () => {
  const cases: [string, string, Record<string, unknown>][] = [
    [
      'status, reason, type and length',
      'HTTP/1.1 404 Not  Found\r\nServer: s\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n',
      {
        version: '1.1',
        status: 404,
        reason: 'Not  Found',
        contentType: 'text/html',
        lengths: 1,
        length: 0,
        fields: ['Content-Type', 'text/html', 'Content-Length', '0'],
      },
    ],
    ['no reason', 'HTTP/1.0 200\r\nConnection: close\r\n\r\n', { version: '1.0', status: 200 }],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', { version: '1.1', status: 200, reason: '0 OK' }],
    ['garbage', 'HTTP/1.1 abc\r\n\r\n', { problem: 'startLine' }],
  ];
  const parser = new HeadParser('RESPONSE', false);
  for (const [name, text, expected] of cases) it(name, () => assert.deepEqual(parsed(parser, text), expected));
});

describe('any head', () => {
  it('never throws, and leaves the parser as it was', () => {
    const parts = fc.constantFrom(
      'GET',
      ' ',
      '/',
      'HTTP/1.1',
      '\r\n',
      '\n',
      '\r',
      ':',
      'Content-Length: 3',
      'Host: h',
      '\x00',
      '\xff',
      'Transfer-Encoding: x',
    );
    const parsers = [new HeadParser('REQUEST', false), new HeadParser('REQUEST', true), new HeadParser('RESPONSE', false)];
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 20 }), (pieces) => {
        for (const parser of parsers) parsed(parser, pieces.join(''));
        assert.deepEqual(parsed(parsers[0]!, 'GET / HTTP/1.1\r\n\r\n'), { method: 'GET', target: '/', version: '1.1' });
      }),
      { seed: 3, numRuns: 2000 },
    );
  });
});

describe('heads that come again', () => {
  it('say what they say to a parser that has seen nothing', () => {
    const request = fc
      .tuple(
        fc.constantFrom('GET', 'POST', 'DELETE', 'get', 'CONNECT', 'BREW'),
        fc.constantFrom('/', '/a?b=c', '*', 'http://h/', '/\xe4', ''),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 '),
      )
      .map((words) => words.join(' '));
    const response = fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.0 404 Not Found',
      'HTTP/1.1 204 ',
      'HTTP/1.1 200',
      'HTTP/1.1 20x OK',
    );
    const field = fc.constantFrom(
      'Host: a',
      'Host: b',
      'Content-Length: 5',
      'Content-Length: 6',
      'Transfer-Encoding: chunked',
      'Content-Type: text/plain',
      'Connection: close',
      'X-Other: 1',
      'X-Other: 2',
      ' folded',
      'no field',
    );
    const end = fc.constantFrom('\r\n', '\n');
    const block = fc.tuple(fc.array(field, { maxLength: 4 }), end).map(([lines, eol]) => [...lines, '', ''].join(eol));
    for (const [kind, start] of [
      ['REQUEST', request],
      ['RESPONSE', response],
    ] as const) {
      const used = new HeadParser(kind, false);
      const strict = new HeadParser(kind, true);
      fc.assert(
        fc.property(start, end, block, (line, eol, fields) => {
          const text = line + eol + fields;
          assert.deepEqual(parsed(used, text), parsed(new HeadParser(kind, false), text));
          assert.deepEqual(parsed(strict, text), parsed(new HeadParser(kind, true), text));
        }),
        { seed: 8, numRuns: 4000 },
      );
    }
  });
});
