/** A line signal and what a receiver made of it; times in samples. */
export interface SignalView {
  readonly samples: ArrayLike<number>;
  readonly samplesPerBit: number;
  /** Middle of each bit time, the bit decided, and 1 where no clear transition was found there: `count` of each. */
  readonly centers: ArrayLike<number>;
  readonly bits: ArrayLike<number>;
  readonly violations: ArrayLike<number>;
  readonly count: number;
  /** Index of the first bit after the preamble's lock, and of the first bit of data; -1: it did not come so far. */
  readonly lockedAt: number;
  readonly dataAt: number;
}

export interface SignalOptions {
  /** Bits to draw, from the first one that was decided. */
  readonly bits: number;
  /** Columns that there are. */
  readonly width: number;
  readonly ascii: boolean;
}

interface Signs {
  readonly trace: string;
  readonly rise: string;
  readonly zero: string;
  readonly sampled: string;
  readonly edge: string;
  readonly violation: string;
  readonly lock: string;
}

const UNICODE: Signs = { trace: '•', rise: '│', zero: '┄', sampled: '↑', edge: '┊', violation: '‼', lock: '◂' };
const ASCII: Signs = { trace: '*', rise: '|', zero: '-', sampled: '^', edge: ':', violation: '!', lock: '<' };

/** Rows of the trace, from `TOP` down to -`TOP` in units of the transmitter's amplitude. */
const ROWS = 7;
const TOP = 1.5;
const COLUMNS_PER_BIT = 4;
const LABEL = 5;
const SFD_BITS = 8;

/**
 * Draws the first bits of a signal: its level over time, where each half of a bit was sampled, the bits that were decided (`!` or `‼`: no
 * transition in the middle), and what they are: preamble, delimiter, octets in hexadecimal, lowest bit first on the line.
 */
export function drawSignal(view: SignalView, options: SignalOptions): string[] {
  const signs = options.ascii ? ASCII : UNICODE;
  const perLine = Math.max(8, Math.floor((options.width - LABEL) / COLUMNS_PER_BIT) & ~7);
  const count = Math.min(options.bits, view.count);
  const lines: string[] = [];
  for (let first = 0; first < count; first += perLine) {
    if (first > 0) lines.push('');
    lines.push(...drawBits(view, first, Math.min(first + perLine, count), signs));
  }
  return lines;
}

function drawBits(view: SignalView, first: number, end: number, signs: Signs): string[] {
  const columns = (end - first) * COLUMNS_PER_BIT;
  const rows = Array.from({ length: ROWS }, (_, row) =>
    new Array<string>(columns).fill(row === (ROWS - 1) / 2 ? signs.zero : ' '),
  );
  let before = -1;
  for (let column = 0; column < columns; column++) {
    const bit = first + Math.floor(column / COLUMNS_PER_BIT);
    const part = ((column % COLUMNS_PER_BIT) + 0.5) / COLUMNS_PER_BIT - 0.5;
    const row = rowOf(levelAt(view.samples, view.centers[bit]! + part * view.samplesPerBit));
    for (let at = Math.min(before, row) + 1; before >= 0 && at < Math.max(before, row); at++) rows[at]![column] = signs.rise;
    rows[row]![column] = signs.trace;
    before = row;
  }
  const labels = ['', '+1', '', '0', '', '-1', ''];
  return [
    ...rows.map((row, index) => label(labels[index]!) + row.join('')).filter((line) => line.trim() !== ''),
    label('') + perBit(first, end, () => ` ${signs.sampled} ${signs.sampled}`),
    label('bit') + perBit(first, end, (bit) => ` ${view.bits[bit]}${view.violations[bit] === 1 ? signs.violation : ' '} `),
    label('') + names(view, first, end, signs),
  ].map((line) => line.trimEnd());
}

/** What the bits are, from the column on in which each begins. */
function names(view: SignalView, first: number, end: number, signs: Signs): string {
  let line = '';
  for (let bit = first; bit < end; bit++) {
    const room = (bit - first) * COLUMNS_PER_BIT;
    const name = nameAt(view, bit, bit === first, signs);
    if (name !== '' && line.length <= room) line = line.padEnd(room) + name;
  }
  return line;
}

function nameAt(view: SignalView, bit: number, isFirst: boolean, signs: Signs): string {
  const { lockedAt, dataAt } = view;
  if (bit === lockedAt) return `${signs.lock} locked`;
  if (dataAt < 0 || bit < dataAt - SFD_BITS) return isFirst ? 'preamble' : '';
  if (bit === dataAt - SFD_BITS) return `${signs.edge}SFD`;
  if (bit < dataAt || (bit - dataAt) % 8 !== 0) return '';
  let octet = 0;
  for (let i = 0; i < 8; i++) octet |= (view.bits[bit + i] ?? 0) << i;
  return signs.edge + (bit + 8 <= view.count ? octet.toString(16).padStart(2, '0') : '..');
}

function perBit(first: number, end: number, draw: (bit: number) => string): string {
  let line = '';
  for (let bit = first; bit < end; bit++) line += draw(bit);
  return line;
}

function levelAt(samples: ArrayLike<number>, at: number): number {
  const index = Math.floor(at);
  const part = at - index;
  return (samples[index] ?? 0) * (1 - part) + (samples[index + 1] ?? 0) * part;
}

function rowOf(level: number): number {
  const row = Math.round(((TOP - level) / (2 * TOP)) * (ROWS - 1));
  return Math.min(Math.max(row, 0), ROWS - 1);
}

function label(text: string): string {
  return text.padStart(LABEL - 1).padEnd(LABEL);
}
