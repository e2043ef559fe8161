import assert from 'node:assert/strict';
import type { Answer } from '../../../src/server/http/answer.ts';
import { contentLength, encodeBody, encodeHead, framingOf } from '../../../src/server/http/encode.ts';

const text = (...parts: string[]): Uint8Array[] => parts.map((part) => Buffer.from(part));

/** The bytes of a response to `method` in HTTP/`version`. */
function encoded(answer: Partial<Answer>, method = 'GET', version = '1.1', connection = ''): string {
  const whole: Answer = { status: 200, fields: [], body: Buffer.alloc(0), ...answer };
  const framing = framingOf(whole, { method, version });
  const head = Buffer.from(encodeHead(whole, framing, connection, method)).toString('latin1');
  return head + (framing === 'none' || method === 'HEAD' ? '' : Buffer.from(encodeBody(whole, framing)).toString('latin1'));
}

describe('responses as bytes', () => {
  const OK = 'HTTP/1.1 200 OK\r\nServer: rxpath\r\n';
  const cases: [name: string, found: () => string, expected: string][] = [
    ['nothing', () => encoded({}), `${OK}Content-Length: 0\r\n\r\n`],
    [
      'fields, content and connection',
      () => encoded({ fields: ['A', 'b', 'C', 'd'], body: Buffer.from('xyz') }, 'GET', '1.1', 'close'),
      `${OK}A: b\r\nC: d\r\nContent-Length: 3\r\nConnection: close\r\n\r\nxyz`,
    ],
    ['HEAD', () => encoded({ body: Buffer.from('xyz') }, 'HEAD'), `${OK}Content-Length: 3\r\n\r\n`],
    [
      'HEAD of a program that says the length itself',
      () => encoded({ fields: ['content-length', '70'] }, 'HEAD'),
      `${OK}Content-Length: 70\r\n\r\n`,
    ],
    [
      'a length that a program says is not believed where there is content',
      () => encoded({ fields: ['content-length', '70'], body: Buffer.from('x') }),
      `${OK}Content-Length: 1\r\n\r\nx`,
    ],
    [
      'no framing or connection of a program',
      () => encoded({ fields: ['Transfer-Encoding', 'chunked', 'Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'] }),
      `${OK}Content-Length: 0\r\n\r\n`,
    ],
    ['204 and 304 have no length', () => encoded({ status: 204 }), 'HTTP/1.1 204 No Content\r\nServer: rxpath\r\n\r\n'],
    [
      'nor content, whatever a rule says',
      () => encoded({ status: 304, body: Buffer.from('x') }),
      'HTTP/1.1 304 Not Modified\r\nServer: rxpath\r\n\r\n',
    ],
    [
      'a status that nobody knows',
      () => encoded({ status: 299 }),
      'HTTP/1.1 299 Unknown\r\nServer: rxpath\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'a Server of its own',
      () => encoded({ fields: ['server', 'x'] }),
      'HTTP/1.1 200 OK\r\nserver: x\r\nContent-Length: 0\r\n\r\n',
    ],
    [
      'a field is one line',
      () => encoded({ fields: ['Location', '/a\r\nSet-Cookie: b=c\n\n\0d'] }),
      `${OK}Location: /a Set-Cookie: b=c d\r\nContent-Length: 0\r\n\r\n`,
    ],
    [
      'pieces are chunks, empty ones are none',
      () => encoded({ pieces: text('hello', '', ' wonderful world!') }),
      `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n11\r\n wonderful world!\r\n0\r\n\r\n`,
    ],
    ['no pieces at all', () => encoded({ pieces: [] }), `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['pieces for HTTP/1.0 last until the end', () => encoded({ pieces: text('a', 'b') }, 'GET', '1.0'), `${OK}\r\nab`],
    ['pieces for HEAD', () => encoded({ pieces: text('a') }, 'HEAD'), `${OK}Transfer-Encoding: chunked\r\n\r\n`],
  ];
  for (const [name, found, expected] of cases) it(name, () => assert.equal(found(), expected));

  it('their content is counted without framing', () => {
    assert.equal(contentLength({ status: 200, fields: [], body: Buffer.alloc(9) }), 9);
    assert.equal(contentLength({ status: 200, fields: [], body: Buffer.alloc(9), pieces: text('ab', 'c') }), 3);
  });
});
