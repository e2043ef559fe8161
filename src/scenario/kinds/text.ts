import { bytesOf, type Cursor, type Token, textOf, Wrong } from '../text/tokens.ts';
import type { HeaderField, Payload } from '../tree/values.ts';
import { integer, type Json, type Kind, quoted, unfit, wordKind } from './kind.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '\0': '\\0',
  '"': '\\"',
  '\\': '\\\\',
};

/** A string as a script has it, in quotes. */
export function quote(text: string): string {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (ESCAPES[char] !== undefined) out += ESCAPES[char];
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(char)) out += `\\u{${code.toString(16)}}`;
    else out += char;
  }
  return `"${out.replace(/\$(?=[A-Za-z_{])/g, '\\$')}"`;
}

/** Quoted only where it could not stand as a word. */
export function quoteIfNeeded(text: string): string {
  return /^[^\s"#\\$][^\s"\\$]*$/.test(text) && !/[\p{C}\p{Z}“”„«»‘’]/u.test(text) ? text : quote(text);
}

/** Text that is well-formed Unicode: `\xNN` above 127 makes bytes, and bytes are not text. */
function textIn(token: Token): string {
  if (
    /[\udc80-\udcff]/.test(token.text) &&
    !/[\ud800-\udbff]/.test(token.text) &&
    Buffer.from(bytesOf(token.text)).toString('utf8').includes('\ufffd')
  ) {
    throw new Wrong(token.at, `${quoted(token)} is not UTF-8 text`);
  }
  return Buffer.from(bytesOf(token.text)).toString('utf8');
}

/** A string in quotes. */
export const TEXT: Kind<string> = {
  name: 'text',
  expected: 'a string in quotes',
  verbatim: true,
  schema: { type: 'string' },
  read(cursor) {
    const token = cursor.next(TEXT.expected);
    if (token.type !== 'string') throw unfit(token, TEXT.expected);
    return textIn(token);
  },
  write: quote,
  starts: (token) => token.type === 'string',
};

/** A word, or a string where there are blanks in it. */
function wordOrText(
  name: string,
  expected: string,
  refuse: (text: string) => string | undefined = () => undefined,
): Kind<string> {
  const kind: Kind<string> = {
    name,
    expected,
    verbatim: true,
    schema: { type: 'string', minLength: 1 },
    read(cursor) {
      const token = cursor.next(expected);
      const text = textIn(token);
      const why = text === '' ? 'is empty' : refuse(text);
      if (why !== undefined) throw new Wrong(token.at, `${quoted(token)} ${why}: expected ${expected}`);
      return text;
    },
    write: quoteIfNeeded,
    starts: () => true,
  };
  return kind;
}

export const FILE = wordOrText('file', 'the path of a file', (text) => (text.includes('\0') ? 'has a zero byte' : undefined));
export const DIRECTORY = wordOrText('directory', 'the path of a directory', (text) =>
  text.includes('\0') ? 'has a zero byte' : undefined,
);
/** What a program asks for, as it stands in the request line. */
export const TARGET_TEXT = wordOrText('http_target', 'what is asked for, such as /index.html', (text) =>
  /[\s]/.test(text) ? 'has a blank in it' : undefined,
);
export const PATH = wordOrText('http_path', 'a path, such as /hello', (text) =>
  /^(\/|\*$)/.test(text) ? undefined : 'does not begin with /',
);
export const LOCATION = wordOrText('location', 'an address or a path to go to', (text) =>
  /[\r\n]/.test(text) ? 'has a line end in it' : undefined,
);
export const AUTH = wordOrText('auth', '"user:password"', (text) => (text.includes(':') ? undefined : 'has no colon'));
export const PROGRAM = wordOrText('program', 'a program: http, echo, discard, silent, idle or ./module.js');

/** Request methods are tokens (RFC 9110 §9.1), upper case by habit; the case is kept. */
export const METHOD = wordKind<string>({
  name: 'method',
  expected: 'a request method, such as GET; or * for any',
  parse(text, token) {
    if (text.startsWith('/'))
      throw new Wrong(token.at, `${quoted(token)} is a path, and the method comes before it`, `did you mean \`GET ${text}\`?`);
    return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(text) ? text : undefined;
  },
  write: (value) => value,
  schema: { type: 'string', pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
});

/** `"Name: value"`. */
export const HEADER: Kind<HeaderField> = {
  name: 'header',
  expected: 'a field in quotes, such as "Cache-Control: no-store"',
  schema: { type: 'string', pattern: '^[^:]+:' },
  verbatim: true,
  read(cursor) {
    const token = cursor.next(HEADER.expected);
    const text = token.type === 'string' ? textIn(token) : '';
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*)$/.exec(text);
    if (match === null) throw unfit(token, HEADER.expected);
    return { name: match[1]!, value: match[2]!.trimEnd() };
  },
  write: ({ name, value }) => quote(`${name}: ${value}`),
  starts: (token) => token.type === 'string',
  toJson: ({ name, value }) => `${name}: ${value}`,
};

const LENGTH = integer('payload_length', 'a number of bytes', 0, 16_777_216);

/** Hex digits in as many words as there are. */
export const HEX: Kind<Uint8Array> = {
  name: 'hex',
  expected: 'bytes in hex, such as 88b5 deadbeef',
  schema: { type: 'string', pattern: '^([0-9a-fA-F]{2}|\\s)+$' },
  read(cursor) {
    const first = cursor.next(HEX.expected);
    if (!isHex(first)) throw unfit(first, HEX.expected);
    let digits = hexDigits(first);
    for (let token = cursor.peek(); token !== undefined && isHex(token); token = cursor.peek()) {
      cursor.index++;
      digits += hexDigits(token);
    }
    return new Uint8Array(Buffer.from(digits, 'hex'));
  },
  write: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
  starts: isHex,
};

/** A frame: its addresses and its EtherType stand apart. */
export const FRAME_BYTES: Kind<Uint8Array> = {
  ...HEX,
  name: 'frame_bytes',
  write(bytes) {
    const digits = HEX.write(bytes);
    const header = /^(.{12})(.{12})(.{4})(.*)$/.exec(digits);
    return header === null ? digits : header.slice(1).join(' ').trimEnd();
  },
};

function isHex(token: Token): boolean {
  return token.type === 'word' && /^(0x)?[0-9a-f]+([:.-][0-9a-f]+)*$/i.test(token.text);
}

function hexDigits(token: Token): string {
  const digits = token.text.replace(/^0x/i, '').replace(/[:.-]/g, '');
  if (digits.length % 2 !== 0) throw new Wrong(token.at, `${quoted(token)} has an odd number of hex digits: a byte has two`);
  return digits;
}

/** `"text"`, `1000`, `hex …`, `file PATH`, with the word `data` before it or not. */
export const PAYLOAD: Kind<Payload> = {
  name: 'payload',
  expected: 'data: "text", a number of bytes, hex BYTES or file PATH',
  schema: {
    oneOf: [
      { type: 'string' },
      {
        type: 'object',
        additionalProperties: false,
        required: ['hex'],
        properties: { hex: { type: 'string', pattern: '^([0-9a-fA-F]{2})*$' } },
      },
      { type: 'object', additionalProperties: false, required: ['length'], properties: { length: LENGTH.schema } },
      { type: 'object', additionalProperties: false, required: ['file'], properties: { file: { type: 'string', minLength: 1 } } },
    ],
  },
  read(cursor: Cursor) {
    cursor.take(['data']);
    const token = cursor.peek();
    if (token?.type === 'string') {
      cursor.index++;
      return { type: 'bytes', bytes: bytesOf(token.text) };
    }
    if (cursor.take(['hex'])) return { type: 'bytes', bytes: HEX.read(cursor) };
    if (cursor.take(['file'])) return { type: 'file', path: FILE.read(cursor) };
    if (token !== undefined && LENGTH.starts(token, cursor)) return { type: 'fill', length: LENGTH.read(cursor) };
    const found = cursor.next(PAYLOAD.expected);
    const rest = cursor.tokens.slice(cursor.index - 1).map(({ raw }) => raw);
    const hint = /^[A-Za-z]/.test(found.raw) ? `text stands in quotes: \`"${rest.join(' ')}"\`` : undefined;
    throw new Wrong(found.at, `${quoted(found)} is not ${PAYLOAD.expected}`, hint);
  },
  write(value) {
    if (value.type === 'fill') return String(value.length);
    return value.type === 'file' ? `file ${quoteIfNeeded(value.path)}` : writeBytes(value.bytes);
  },
  starts: (token) => token.type === 'string' || /^(file|hex)$/i.test(token.text),
  toJson(value) {
    if (value.type === 'fill') return { length: value.length };
    if (value.type === 'file') return { file: value.path };
    const text = textOf(value.bytes);
    return /[\udc80-\udcff]/.test(text) && !isWellFormed(text) ? { hex: HEX.write(value.bytes) } : text;
  },
  textOfJson(json: Json) {
    if (typeof json === 'string') return quote(json);
    const { hex, length, file } = json as { hex?: string; length?: number; file?: string };
    if (typeof hex === 'string') return hex.trim() === '' ? '""' : `hex ${hex}`;
    if (typeof length === 'number') return String(length);
    return typeof file === 'string' ? `file ${quoteIfNeeded(file)}` : undefined;
  },
};

/** Bytes that are mostly not text are easier to read in hex. */
function writeBytes(bytes: Uint8Array): string {
  const text = textOf(bytes);
  const strange = (quote(text).match(/\\[xu0]/g) ?? []).length;
  return bytes.length > 0 && strange > 4 && strange * 3 > bytes.length ? `hex ${HEX.write(bytes)}` : quote(text);
}

function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}
