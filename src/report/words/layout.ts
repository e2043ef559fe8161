import { isWide } from '../../trace/wide.ts';
import type { Style } from '../terminal/style.ts';

const ESCAPE = 0x1b;
/** No character before this one is wide. */
const FIRST_WIDE = 0x1100;

/** Columns that `text` takes on a terminal: none for colour codes, two for wide East Asian characters. */
export function columns(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i)!;
    if (code > 0xffff) i++;
    if (code === ESCAPE) {
      const end = text.indexOf('m', i);
      if (end < 0) return n;
      i = end;
    } else n += code >= FIRST_WIDE && isWide(code) ? 2 : 1;
  }
  return n;
}

/** Text that came over a wire or from a program: characters that could steer the terminal, or turn the order of those around them, as `\x1b`. */
export function tame(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, (sign) => {
    const code = sign.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}

export function padEnd(text: string, width: number): string {
  const missing = width - columns(text);
  return missing > 0 ? text + ' '.repeat(missing) : text;
}

export function padStart(text: string, width: number): string {
  const missing = width - columns(text);
  return missing > 0 ? ' '.repeat(missing) + text : text;
}

/** Cuts to the style's width; text without colour codes only. */
export function cutTo(style: Style, text: string, width = style.width): string {
  if (width <= 0 || columns(text) <= width) return text;
  const room = width - columns(style.glyphs.cut);
  let out = '';
  let n = 0;
  for (const char of text) {
    const wide = isWide(char.codePointAt(0)!) ? 2 : 1;
    if (n + wide > room) break;
    out += char;
    n += wide;
  }
  return out + style.glyphs.cut;
}

/** What a line is made of: a word or a wide character, with the punctuation that must not stand apart from it; space. */
const PIECES = /（*(?:[⺀-鿿＀-￠]|[^\s⺀-鿿＀-￠]+)[，。；：、）！？]*|\s+/gu;

/** Breaks text into lines of at most `width` columns, at spaces and between wide characters. 0: one line. */
export function wrap(text: string, width: number): string[] {
  if (width <= 0 || columns(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let n = 0;
  for (const piece of text.match(PIECES) ?? []) {
    const size = columns(piece);
    if (n + size > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = '';
      n = 0;
    }
    if (line === '' && piece.trim() === '') continue;
    line += piece;
    n += size;
  }
  if (line.trim() !== '') lines.push(line.trimEnd());
  return lines;
}

/** What is wrong with a file, behind its name where the message does not begin with it. */
export function ofFile(file: string, message: string): string {
  const name = file === '-' ? 'standard input' : file;
  return message.startsWith(name) ? message : `${name}: ${message}`;
}

/** The first `most` items, and how many more there are. */
export function listed(items: readonly string[], most: number, separator: string, more: (n: string) => string): string {
  const shown = items.slice(0, most).join(separator);
  return items.length > most ? `${shown} ${more(grouped(items.length - most))}` : shown;
}

/** `12345` as `12,345`. */
export function grouped(n: number): string {
  const text = String(n);
  return text.length <= 3 ? text : text.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Nanoseconds as seconds with six decimals, as tcpdump prints times. */
export function seconds(ns: number): string {
  return (ns / 1e9).toFixed(6);
}

/** Nanoseconds. */
const DAY = 86_400e9;

/** Nanoseconds as a duration with three digits and its unit. */
export function duration(ns: number): string {
  const size = Math.abs(ns);
  if (size < 1e3) return `${ns} ns`;
  if (size < 1e6) return `${short(ns / 1e3)} µs`;
  if (size < 1e9) return `${short(ns / 1e6)} ms`;
  if (size < 600e9) return `${short(ns / 1e9)} s`;
  if (size < 36_000e9) return `${short(ns / 60e9)} min`;
  return size < 360_000e9 ? `${short(ns / 3600e9)} h` : `${grouped(Math.round(ns / DAY))} d`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Bytes with a decimal unit from 10,000 on. */
export function byteSize(n: number): string {
  if (n < 10_000) return `${grouped(n)} B`;
  if (n < 1e6) return `${short(n / 1e3)} kB`;
  return n < 1e9 ? `${short(n / 1e6)} MB` : `${short(n / 1e9)} GB`;
}
