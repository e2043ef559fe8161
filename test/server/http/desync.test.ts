import assert from 'node:assert/strict';
import { Programs } from '../../../src/server/programs.ts';
import { Site } from '../../../src/server/site.ts';
import { Trace } from '../../../src/trace/trace.ts';
import { recorded } from '../decisions.ts';
import { FakeListener } from '../fake-socket.ts';

const SITE = new Site(new Map(), [
  { method: 'GET', path: '/', status: 200, body: 'root' },
  { method: 'POST', path: '/', status: 200, body: 'post' },
  { method: 'GET', path: '/next', status: 200, body: 'next' },
  { method: 'GET', path: '/admin', status: 200, body: 'smuggled' },
]);

/** Follows every case on the same connection: whoever lost count of the bytes answers something else to it. */
const NEXT = 'GET /next HTTP/1.1\r\nHost: x\r\n\r\n';
const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';

interface Case {
  readonly name: string;
  /** Where it says what a recipient is to do. */
  readonly clause: string;
  readonly bytes: string;
  /** `200 body` of each response in order; what is refused closes the connection, and NEXT stays unanswered. */
  readonly answers: readonly string[];
  /** The decision that refuses it. */
  readonly decision?: string;
}

const ROOT = '200 root';
const POST = '200 post';
const THEN = '200 next';

function get(lines: string, target = '/', version = 'HTTP/1.1'): string {
  return `GET ${target} ${version}\r\n${lines}\r\n`;
}
function post(lines: string, body = ''): string {
  return `POST / HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`;
}
function chunked(body: string, lines = ''): string {
  return post(`Transfer-Encoding: chunked\r\n${lines}`, body);
}
function refused(name: string, clause: string, bytes: string, decision: string, status = 400): Case {
  return { name, clause, bytes, answers: [String(status)], decision };
}
function accepted(name: string, clause: string, bytes: string, ...answers: string[]): Case {
  return { name, clause, bytes, answers: [...answers, THEN] };
}

const LENGTHS: Case[] = [
  refused(
    'CL.TE: both lengths, the body says one end and the length another',
    'RFC 9112 §6.1',
    post(`Content-Length: ${5 + SMUGGLED.length}\r\nTransfer-Encoding: chunked\r\n`, `0\r\n\r\n${SMUGGLED}`),
    'http_both_lengths_refused',
  ),
  refused(
    'TE.CL: the same the other way round',
    'RFC 9112 §6.1',
    post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    'http_both_lengths_refused',
  ),
  refused(
    'both, with an empty Content-Length',
    'RFC 9112 §6.1',
    post('Transfer-Encoding: chunked\r\nContent-Length:\r\n', '0\r\n\r\n'),
    'http_both_lengths_refused',
  ),
  refused(
    'two Content-Length lines that differ',
    'RFC 9112 §6.3',
    post('Content-Length: 4\r\nContent-Length: 0\r\n', 'abcd'),
    'http_length_refused',
  ),
  refused(
    'two that are equal (may be taken as one, or refused)',
    'RFC 9110 §8.6',
    post('Content-Length: 4\r\nContent-Length: 4\r\n', 'abcd'),
    'http_length_refused',
  ),
  refused('a list of equal lengths', 'RFC 9110 §8.6', post('Content-Length: 4, 4\r\n', 'abcd'), 'http_length_refused'),
  refused('a list of different lengths', 'RFC 9110 §8.6', post('Content-Length: 4, 5\r\n', 'abcd'), 'http_length_refused'),
  refused('a negative length', 'RFC 9110 §8.6', post('Content-Length: -4\r\n', 'abcd'), 'http_length_refused'),
  refused('a length with a plus', 'RFC 9110 §8.6', post('Content-Length: +4\r\n', 'abcd'), 'http_length_refused'),
  refused('a hexadecimal length', 'RFC 9110 §8.6', post('Content-Length: 0x4\r\n', 'abcd'), 'http_length_refused'),
  refused('a length with a decimal point', 'RFC 9110 §8.6', post('Content-Length: 4.0\r\n', 'abcd'), 'http_length_refused'),
  refused('a length with white space inside', 'RFC 9110 §8.6', post('Content-Length: 4 0\r\n', 'abcd'), 'http_length_refused'),
  refused('an empty length', 'RFC 9110 §8.6', post('Content-Length:\r\n'), 'http_length_refused'),
  refused(
    'a length that no integer holds',
    'RFC 9110 §8.6',
    post('Content-Length: 18446744073709551620\r\n', 'abcd'),
    'http_body_too_large',
    413,
  ),
  accepted('leading zeros in a length', 'RFC 9110 §8.6', post('Content-Length: 0004\r\n', 'abcd'), POST),
  accepted('white space around a length', 'RFC 9112 §5', post('Content-Length: \t 4 \t\r\n', 'abcd'), POST),
  accepted('a GET with content', 'RFC 9110 §9.3.1', get(`Host: x\r\nContent-Length: ${SMUGGLED.length}\r\n`) + SMUGGLED, ROOT),
  refused('another name for the length', 'RFC 9112 §5.1', post('Content-Length : 4\r\n', 'abcd'), 'http_field_space_refused'),
  accepted(
    'an underscore makes another field',
    'RFC 9110 §5.1',
    post('Content_Length: 40\r\nContent-Length: 4\r\n', 'abcd'),
    POST,
  ),
];

const CODINGS: Case[] = [
  accepted('chunked, in any case', 'RFC 9112 §7', post('Transfer-Encoding: CHUNKED\r\n', '1\r\na\r\n0\r\n\r\n'), POST),
  refused('xchunked', 'RFC 9112 §6.3', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), 'http_coding_refused'),
  refused('identity', 'RFC 9112 §6.3', post('Transfer-Encoding: identity\r\n'), 'http_coding_refused'),
  refused('an empty Transfer-Encoding', 'RFC 9112 §6.3', post('Transfer-Encoding:\r\n'), 'http_coding_refused'),
  refused('gzip alone', 'RFC 9112 §6.3', post('Transfer-Encoding: gzip\r\n', '0\r\n\r\n'), 'http_coding_refused'),
  refused('chunked not last', 'RFC 9112 §6.3', post('Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'), 'http_coding_refused'),
  refused('chunked twice', 'RFC 9112 §6.1', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'), 'http_coding_refused'),
  refused(
    'chunked in two lines',
    'RFC 9112 §6.1',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'http_coding_refused',
  ),
  refused(
    'TE.TE: chunked, and identity in a second line',
    'RFC 9112 §6.3',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', '0\r\n\r\n'),
    'http_coding_refused',
  ),
  refused(
    'TE.TE: identity, and chunked in a second line',
    'RFC 9112 §6.1',
    post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'http_coding_unknown',
    501,
  ),
  refused(
    'a coding before chunked that is not known',
    'RFC 9112 §6.1',
    post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    'http_coding_unknown',
    501,
  ),
  refused(
    'chunked with a parameter',
    'RFC 9112 §7',
    post('Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n'),
    'http_coding_refused',
  ),
  refused('chunked in quotes', 'RFC 9112 §7', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), 'http_coding_refused'),
  refused(
    'chunked behind a vertical tab',
    'RFC 9110 §5.5',
    post('Transfer-Encoding: \vchunked\r\n', '0\r\n\r\n'),
    'http_control_refused',
  ),
  refused('chunked before a NUL', 'RFC 9110 §5.5', post('Transfer-Encoding: chunked\0\r\n', '0\r\n\r\n'), 'http_control_refused'),
  refused(
    'chunked behind a bare CR',
    'RFC 9112 §2.2',
    post('X: y\rTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'http_line_end_refused',
  ),
  refused(
    'chunked on a folded line',
    'RFC 9112 §5.2',
    post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
    'http_fold_refused',
  ),
  refused(
    'white space before the colon of Transfer-Encoding',
    'RFC 9112 §5.1',
    post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    'http_field_space_refused',
  ),
  refused(
    'white space before the name',
    'RFC 9112 §5.2',
    post(' Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'http_fold_refused',
  ),
  refused(
    'in HTTP/1.0',
    'RFC 9112 §6.1',
    'POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'http_coding_in_http10',
  ),
  accepted('empty elements in the list', 'RFC 9110 §5.6.1.2', post('Transfer-Encoding: , chunked,\r\n', '0\r\n\r\n'), POST),
];

const CHUNKS: Case[] = [
  accepted('a plain chunked body', 'RFC 9112 §7.1', chunked('4\r\nabcd\r\n0\r\n\r\n'), POST),
  accepted('capital digits and leading zeros', 'RFC 9112 §7.1', chunked('00A\r\n0123456789\r\n000\r\n\r\n'), POST),
  accepted('extensions', 'RFC 9112 §7.1.1', chunked('4;a=b;c="d\\"e";f ; g = h\r\nabcd\r\n0;x\r\n\r\n'), POST),
  accepted('trailers are thrown away', 'RFC 9110 §6.5.1', chunked('0\r\nContent-Length: 40\r\nHost: evil\r\n\r\n'), POST),
  refused('a size with 0x', 'RFC 9112 §7.1', chunked('0x4\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('a size with a plus', 'RFC 9112 §7.1', chunked('+4\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('a negative size', 'RFC 9112 §7.1', chunked('-4\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('white space before the size', 'RFC 9112 §7.1', chunked(' 4\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('white space behind the size', 'RFC 9112 §7.1', chunked('4 \r\nabcd\r\n0\r\n\r\n'), 'http_chunk_extension_refused'),
  refused('an underscore in the size', 'RFC 9112 §7.1', chunked('1_0\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('no size', 'RFC 9112 §7.1', chunked('\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('a size of 17 digits', 'RFC 9112 §7.1', chunked('00000000000000004\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('a size that wraps at 64 bits', 'RFC 9112 §7.1', chunked('ffffffffffffffff\r\nabcd'), 'http_body_too_large', 413),
  refused('a size that wraps at 32 bits', 'RFC 9112 §7.1', chunked('100000004\r\nabcd\r\n0\r\n\r\n'), 'http_body_too_large', 413),
  refused('more data than the size says', 'RFC 9112 §7.1', chunked('4\r\nabcdX\r\n0\r\n\r\n'), 'http_chunk_refused'),
  refused('no line end behind the data', 'RFC 9112 §7.1', chunked('4\r\nabcd0\r\n\r\n'), 'http_chunk_refused'),
  refused('a bare LF behind the size', 'RFC 9112 §2.2', chunked('4\nabcd\r\n0\r\n\r\n'), 'http_line_end_refused'),
  refused('a bare LF behind the data', 'RFC 9112 §2.2', chunked('4\r\nabcd\n0\r\n\r\n'), 'http_line_end_refused'),
  refused('a bare CR behind the size', 'RFC 9112 §2.2', chunked('4\rabcd\r\n0\r\n\r\n'), 'http_line_end_refused'),
  refused('a bare LF in an extension', 'RFC 9112 §7.1.1', chunked('4;a\nabcd\r\n0\r\n\r\n'), 'http_line_end_refused'),
  refused('a bare CR in an extension', 'RFC 9112 §7.1.1', chunked('4;a\rb\r\nabcd\r\n0\r\n\r\n'), 'http_line_end_refused'),
  refused(
    'CRLF in a quoted extension',
    'RFC 9112 §7.1.1',
    chunked('4;a="\r\n"\r\nabcd\r\n0\r\n\r\n'),
    'http_chunk_extension_refused',
  ),
  refused('an extension without a name', 'RFC 9112 §7.1.1', chunked('4;\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_extension_refused'),
  refused('a NUL in an extension', 'RFC 9112 §7.1.1', chunked('4;a\0\r\nabcd\r\n0\r\n\r\n'), 'http_chunk_extension_refused'),
  refused(
    'extensions without end',
    'RFC 9112 §7.1.1',
    chunked(`4;${'a'.repeat(2000)}\r\nabcd\r\n0\r\n\r\n`),
    'http_chunk_extension_refused',
  ),
  refused('a folded trailer', 'RFC 9112 §5.2', chunked('0\r\nA: b\r\n c\r\n\r\n'), 'http_fold_refused'),
  refused('a trailer that is no field', 'RFC 9112 §7.1.2', chunked('0\r\nGET / HTTP/1.1\r\n\r\n'), 'http_field_space_refused'),
  refused('trailers without end', 'RFC 6585 §5', chunked(`0\r\n${'A: b\r\n'.repeat(101)}\r\n`), 'http_too_many_fields', 431),
];

const LINES: Case[] = [
  accepted('empty lines before a request', 'RFC 9112 §2.2', `\r\n\r\n${get('Host: x\r\n')}`, ROOT),
  refused('a bare LF behind the request line', 'RFC 9112 §2.2', 'GET / HTTP/1.1\nHost: x\r\n\r\n', 'http_line_end_refused'),
  refused('a bare LF behind a field', 'RFC 9112 §2.2', 'GET / HTTP/1.1\r\nHost: x\n\r\n', 'http_line_end_refused'),
  refused('a bare LF as the empty line', 'RFC 9112 §2.2', 'GET / HTTP/1.1\r\nHost: x\r\n\n', 'http_line_end_refused'),
  refused('a bare CR as the empty line', 'RFC 9112 §2.2', 'GET / HTTP/1.1\r\nHost: x\r\n\rX: y\r\n\r\n', 'http_line_end_refused'),
  refused('CR CR LF', 'RFC 9112 §2.2', 'GET / HTTP/1.1\r\nHost: x\r\r\n\r\n', 'http_line_end_refused'),
  refused('a bare CR in a value', 'RFC 9112 §2.2', get('Host: x\r\nX: a\rb\r\n'), 'http_line_end_refused'),
  refused('obsolete folding', 'RFC 9112 §5.2', get('Host: x\r\nX: a\r\n\tb\r\n'), 'http_fold_refused'),
  refused('white space behind the request line', 'RFC 9112 §2.2', get(' Host: x\r\n'), 'http_fold_refused'),
  refused('a space before a colon', 'RFC 9112 §5.1', get('Host : x\r\n'), 'http_field_space_refused'),
  refused('a tab before a colon', 'RFC 9112 §5.1', get('Host\t: x\r\n'), 'http_field_space_refused'),
  refused('a name with NUL', 'RFC 9112 §5', get('Host: x\r\nX\0Y: z\r\n'), 'http_field_refused'),
  refused('a name outside ASCII', 'RFC 9112 §5', get('Host: x\r\nX\xe9: z\r\n'), 'http_field_refused'),
  refused('a name with a bracket', 'RFC 9112 §5', get('Host: x\r\nX[0]: z\r\n'), 'http_field_refused'),
  refused('no name', 'RFC 9112 §5', get('Host: x\r\n: z\r\n'), 'http_field_refused'),
  refused('no colon', 'RFC 9112 §5', get('Host: x\r\nnonsense\r\n'), 'http_field_refused'),
  refused('NUL in a value', 'RFC 9110 §5.5', get('Host: x\r\nX: a\0b\r\n'), 'http_control_refused'),
  refused('a control character in a value', 'RFC 9110 §5.5', get('Host: x\r\nX: a\x1bb\r\n'), 'http_control_refused'),
  refused('DEL in a value', 'RFC 9110 §5.5', get('Host: x\r\nX: a\x7fb\r\n'), 'http_control_refused'),
  accepted('bytes above 127 in a value', 'RFC 9110 §5.5', get('Host: x\r\nX: caf\xe9\r\n'), ROOT),
  accepted('an empty value', 'RFC 9110 §5.5', get('Host: x\r\nX:\r\n'), ROOT),
  refused('101 fields', 'RFC 6585 §5', get(`Host: x\r\n${'A: b\r\n'.repeat(100)}`), 'http_too_many_fields', 431),
  accepted('100 fields', 'RFC 6585 §5', get(`Host: x\r\n${'A: b\r\n'.repeat(99)}`), ROOT),
  refused('a field of 40,000 bytes', 'RFC 6585 §5', get(`Host: x\r\nX: ${'y'.repeat(40_000)}\r\n`), 'http_head_too_large', 431),
];

const STARTS: Case[] = [
  refused('HTTP/0.9', 'RFC 9112 §3', 'GET /\r\n', 'http_start_line_refused'),
  refused('a version of HTTP/0.9', 'RFC 9110 §15.6.6', get('', '/', 'HTTP/0.9'), 'http_version_refused', 505),
  refused('HTTP/2.0', 'RFC 9110 §15.6.6', get('Host: x\r\n', '/', 'HTTP/2.0'), 'http_version_refused', 505),
  refused("HTTP/2's preface", 'RFC 9110 §15.6.6', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http_version_refused', 505),
  accepted('HTTP/1.9 is read as 1.1', 'RFC 9110 §2.5', get('Host: x\r\n', '/', 'HTTP/1.9'), ROOT),
  refused('http in lower case', 'RFC 9112 §2.3', get('Host: x\r\n', '/', 'http/1.1'), 'http_start_line_refused'),
  refused('a version of more digits', 'RFC 9112 §2.3', get('Host: x\r\n', '/', 'HTTP/1.10'), 'http_start_line_refused'),
  refused('a version without a point', 'RFC 9112 §2.3', get('Host: x\r\n', '/', 'HTTP/11'), 'http_start_line_refused'),
  refused('two spaces before the target', 'RFC 9112 §3', get('Host: x\r\n', ' /'), 'http_start_line_refused'),
  refused('two spaces behind the target', 'RFC 9112 §3', get('Host: x\r\n', '/ '), 'http_start_line_refused'),
  refused('a tab between words', 'RFC 9112 §3', 'GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n', 'http_start_line_refused'),
  refused('a space in the target', 'RFC 9112 §3', get('Host: x\r\n', '/a b'), 'http_start_line_refused'),
  refused('a space behind the version', 'RFC 9112 §3', get('Host: x\r\n', '/', 'HTTP/1.1 '), 'http_start_line_refused'),
  refused('a space before the method', 'RFC 9112 §3', ` ${get('Host: x\r\n')}`, 'http_start_line_refused'),
  refused('a method that is no token', 'RFC 9110 §9.1', 'G(T / HTTP/1.1\r\nHost: x\r\n\r\n', 'http_start_line_refused'),
  refused('a method without end', 'RFC 9112 §3', `${'G'.repeat(40)} / HTTP/1.1\r\n`, 'http_method_unknown', 501),
  refused('TLS', 'RFC 9112 §3', '\x16\x03\x01\x02\x00\x01', 'http_start_line_refused'),
  refused('NUL in the target', 'RFC 9112 §3.2', get('Host: x\r\n', '/\0'), 'http_target_refused'),
  refused('a byte above 127 in the target', 'RFC 9112 §3.2', get('Host: x\r\n', '/\xe9'), 'http_target_refused'),
  refused('a fragment in the target', 'RFC 9112 §3.2', get('Host: x\r\n', '/#a'), 'http_target_refused'),
  refused('a target without a slash', 'RFC 9112 §3.2', get('Host: x\r\n', 'index.html'), 'http_target_refused'),
  refused('* with GET', 'RFC 9112 §3.2.4', get('Host: x\r\n', '*'), 'http_target_refused'),
  refused('a target of 8193 bytes', 'RFC 9110 §15.5.15', get('Host: x\r\n', `/${'a'.repeat(8192)}`), 'http_target_too_long', 414),
  refused('a URI of another scheme', 'RFC 9112 §3.2.2', get('Host: x\r\n', 'ftp://x/'), 'http_target_refused'),
  refused('a URI with a password', 'RFC 9110 §4.2.4', get('Host: x\r\n', 'http://a:b@x/'), 'http_target_refused'),
  refused('a URI without a host', 'RFC 9110 §4.2.1', get('Host: x\r\n', 'http:///'), 'http_target_refused'),
  accepted('a URI, and Host of another host', 'RFC 9112 §3.2.2', get('Host: evil\r\n', 'http://x/'), ROOT),
  refused('a URI without Host', 'RFC 9112 §3.2', get('', 'http://x/'), 'http_host_refused'),
  refused('no Host', 'RFC 9112 §3.2', get(''), 'http_host_refused'),
  refused('two Hosts', 'RFC 9112 §3.2', get('Host: x\r\nHost: y\r\n'), 'http_host_refused'),
  refused('the same Host twice', 'RFC 9112 §3.2', get('Host: x\r\nHost: x\r\n'), 'http_host_refused'),
  refused(
    'two Hosts in HTTP/1.0',
    'RFC 9112 §3.2',
    get('Host: x\r\nHost: y\r\nConnection: keep-alive\r\n', '/', 'HTTP/1.0'),
    'http_host_refused',
  ),
  refused('a Host with a path', 'RFC 9112 §3.2', get('Host: x/admin\r\n'), 'http_host_value_refused'),
  refused('a Host with a user', 'RFC 9112 §3.2', get('Host: a@x\r\n'), 'http_host_value_refused'),
  refused('two hosts in one Host', 'RFC 9112 §3.2', get('Host: x y\r\n'), 'http_host_value_refused'),
  accepted('an empty Host', 'RFC 9112 §3.2', get('Host:\r\n'), ROOT),
  accepted('a Host with a port', 'RFC 9112 §3.2', get('Host: [fd00::1]:8080\r\n'), ROOT),
  accepted('HTTP/1.0 without Host', 'RFC 9112 §3.2', get('Connection: keep-alive\r\n', '/', 'HTTP/1.0'), ROOT),
  refused('garbage behind a request', 'RFC 9112 §3', `${get('Host: x\r\n')}\x00\x01garbage`, 'http_start_line_refused'),
  refused('CONNECT', 'RFC 9110 §9.3.6', 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', 'http_connect_refused', 501),
  refused(
    'another expectation',
    'RFC 9110 §10.1.1',
    post('Expect: 200-ok\r\nContent-Length: 4\r\n', 'abcd'),
    'http_expectation_refused',
    417,
  ),
];

/** Answers on one connection: `200 body` where the request was served, the status alone where it was refused. */
function play(pieces: readonly string[]): { answers: string[]; ended: boolean; decisions: string[] } {
  const trace = new Trace();
  const socket = new FakeListener(new Programs(trace, SITE).programFor({ program: 'http', workers: 1, max: 1 })).connect();
  const decisions: string[] = [];
  for (const piece of pieces) {
    trace.begin(1000, 1);
    socket.arrive(piece);
    decisions.push(...recorded(trace).map((line) => line.split(' ')[0]!));
  }
  const answers = [
    ...socket.output.matchAll(/HTTP\/1\.1 (\d{3}).*\r\n(?:.+\r\n)*?Content-Length: (\d+)(?:\r\n.+)*\r\n\r\n/g),
  ].map((match) => {
    const at = match.index + match[0].length;
    return match[1] === '200' ? `200 ${socket.output.slice(at, at + Number(match[2]))}` : match[1]!;
  });
  return { answers, ended: socket.closed || socket.shutDown, decisions };
}

const CASES = { LENGTHS, CODINGS, CHUNKS, LINES, STARTS };

describe('desynchronisation and evasion', () => {
  it('is tried in many ways', () => {
    const cases = Object.values(CASES).flat();
    assert.ok(cases.length > 100, String(cases.length));
    assert.equal(new Set(cases.map(({ bytes }) => bytes)).size, cases.length);
  });

  for (const [group, cases] of Object.entries(CASES)) {
    describe(group.toLowerCase(), () => {
      for (const { name, clause, bytes, answers, decision } of cases) {
        const before = name === 'garbage behind a request' ? [ROOT] : [];
        const expected = [...before, ...answers];
        it(`${name}: ${expected.join(', ')} (${clause})`, () => {
          const found = play([bytes + NEXT]);
          assert.deepEqual(found.answers, expected);
          assert.equal(found.ended, decision !== undefined);
          if (decision !== undefined) assert.ok(found.decisions.includes(decision), found.decisions.join());
        });
        it(`${name}, byte by byte`, () => {
          const found = play([...(bytes + NEXT)]);
          assert.deepEqual(found.answers, expected);
          if (decision !== undefined) assert.ok(found.decisions.includes(decision), found.decisions.join());
        });
      }
    });
  }
});
