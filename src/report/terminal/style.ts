import { Chalk, type ChalkInstance, type ColorSupportLevel } from 'chalk';
import type { EffectName } from '../../trace/decision.ts';
import type { Lang } from '../lang.ts';

/** Signs with which reports draw; each carries its meaning without colour. */
export interface Glyphs {
  readonly arrived: string;
  readonly dropped: string;
  readonly held: string;
  readonly observed: string;
  readonly forwarded: string;
  readonly stem: string;
  readonly inbound: string;
  readonly outbound: string;
  readonly reply: string;
  readonly check: string;
  readonly event: string;
  readonly differs: string;
  readonly line: string;
  readonly bar: string;
  readonly barStays: string;
  readonly times: string;
  readonly next: string;
  readonly cut: string;
  readonly headRight: string;
  readonly headLeft: string;
  readonly dot: string;
}

const UNICODE: Glyphs = {
  arrived: '●',
  dropped: '✗',
  held: '◌',
  observed: '·',
  forwarded: '»',
  stem: '│',
  inbound: '→',
  outbound: '←',
  reply: '↳',
  check: '✓',
  event: '•',
  differs: '≠',
  line: '─',
  bar: '█',
  barStays: '▒',
  times: '×',
  next: '›',
  cut: '…',
  headRight: '▶',
  headLeft: '◀',
  dot: '·',
};

const ASCII: Glyphs = {
  arrived: 'o',
  dropped: 'x',
  held: '~',
  observed: '.',
  forwarded: '>',
  stem: '|',
  inbound: '->',
  outbound: '<-',
  reply: '\\_',
  check: '+',
  event: '*',
  differs: '!',
  line: '-',
  bar: '#',
  barStays: '=',
  times: 'x',
  next: '>',
  cut: '...',
  headRight: '>',
  headLeft: '<',
  dot: '-',
};

export interface Style {
  readonly glyphs: Glyphs;
  readonly paint: ChalkInstance;
  /** Columns of the terminal; 0: not a terminal, lines may be as long as they are. */
  readonly width: number;
  readonly lang: Lang;
}

export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** FORCE_COLOR before NO_COLOR before TERM=dumb before what the stream is. */
export function colorLevel(env: Record<string, string | undefined>, stream: Terminal): ColorSupportLevel {
  const force = env.FORCE_COLOR;
  if (force !== undefined) {
    if (force === '0' || force === 'false') return 0;
    return force === '2' ? 2 : force === '3' ? 3 : 1;
  }
  if (env.NO_COLOR) return 0;
  if (env.TERM === 'dumb') return 0;
  return stream.isTTY ? 1 : 0;
}

export function makeStyle(options: {
  env: Record<string, string | undefined>;
  stream: Terminal;
  ascii: boolean;
  lang: Lang;
}): Style {
  return {
    glyphs: options.ascii ? ASCII : UNICODE,
    paint: new Chalk({ level: colorLevel(options.env, options.stream) }),
    width: options.stream.isTTY ? Math.max(40, options.stream.columns ?? 80) : 0,
    lang: options.lang,
  };
}

/** No colour, no width: what a file gets. */
export function plainStyle(lang: Lang = 'en', ascii = false): Style {
  return { glyphs: ascii ? ASCII : UNICODE, paint: new Chalk({ level: 0 }), width: 0, lang };
}

export function verdictGlyph(style: Style, effect: EffectName): string {
  const { glyphs } = style;
  if (effect === 'drop') return glyphs.dropped;
  if (effect === 'hold') return glyphs.held;
  if (effect === 'observe') return glyphs.observed;
  return effect === 'forward' ? glyphs.forwarded : glyphs.arrived;
}

/** Of any decision. */
export function effectGlyph(style: Style, effect: EffectName): string {
  const { glyphs } = style;
  if (effect === 'pass') return glyphs.check;
  if (effect === 'reply') return glyphs.reply;
  return effect === 'event' ? glyphs.event : verdictGlyph(style, effect);
}

/** The same in its colour. */
export function paintedGlyph(style: Style, effect: EffectName): string {
  const glyph = effectGlyph(style, effect);
  if (effect === 'event') return glyph;
  return effect === 'pass' ? style.paint.green(glyph) : paintVerdict(style, effect, glyph);
}

/** Colour of a verdict: red for what was lost, yellow for what waits, green for what arrived. */
export function paintVerdict(style: Style, effect: EffectName, text: string): string {
  const { paint } = style;
  if (effect === 'drop') return paint.red(text);
  if (effect === 'hold') return paint.yellow(text);
  if (effect === 'deliver') return paint.green(text);
  return effect === 'observe' ? paint.dim(text) : paint.cyan(text);
}
