import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import { STATE_NAMES } from '../../trace/state.ts';
import type { Trace } from '../../trace/trace.ts';
import { formatIp, formatIp4, formatMac } from '../../wire/address.ts';
import type { Lang } from '../lang.ts';
import { FORMAT_WORDS } from './format-words.ts';
import { duration, tame } from './layout.ts';
import { etherTypeName, flagLetters, ipProtocolName, linkTypeName } from './names.ts';

/** Formats of a value slot `{a:format}`; no format: decimal. */
export const VALUE_FORMATS: Readonly<Record<string, (value: number, lang?: Lang) => string>> = {
  '': (value) => String(value),
  hex2: (value) => hex(value, 2),
  hex4: (value) => hex(value, 4),
  hex8: (value) => hex(value, 8),
  ip4: (value) => formatIp4(value >>> 0),
  ns: duration,
  flags: (value) => flagLetters(value) || 'none',
  ethertype: (value) => etherTypeName(value),
  ipproto: (value) => ipProtocolName(value),
  state: (value) => STATE_NAMES[value] ?? `state ${value}`,
  linktype: (value) => linkTypeName(value),
  s: (value) => (value === 1 ? '' : 's'),
  fd: (value, lang = 'en') => (value < 0 ? FORMAT_WORDS[lang].noDescriptor : FORMAT_WORDS[lang].descriptor(value)),
  data: (value, lang = 'en') => (value === 0 ? FORMAT_WORDS[lang].noData : FORMAT_WORDS[lang].data(value)),
  resent: (value, lang = 'en') => FORMAT_WORDS[lang].resent(value),
  scale: (value, lang = 'en') => (value < 0 ? FORMAT_WORDS[lang].noScale : FORMAT_WORDS[lang].scale(value)),
  silence: (value, lang = 'en') => FORMAT_WORDS[lang].silence[value] ?? String(value),
  // with its trace at hand, the text that the trace keeps
  text: (value) => `text ${value}`,
};

/** Slots that the frame's own bytes fill. */
export const FACT_SLOTS: Readonly<Record<string, (facts: Facts) => string>> = {
  src: (f) => (f.family === 0 && f.arpOperation === 0 ? '?' : sourceAddress(f)),
  dst: (f) => (f.family === 0 && f.arpOperation === 0 ? '?' : destinationAddress(f)),
  sport: (f) => (f.hasTransport ? String(f.sourcePort) : '?'),
  dport: (f) => (f.hasTransport ? String(f.destinationPort) : '?'),
  smac: (f) => (f.hasMacs ? formatMac(f.sourceMacHigh, f.sourceMacLow) : '?'),
  dmac: (f) => (f.hasMacs ? formatMac(f.destinationMacHigh, f.destinationMacLow) : '?'),
};

/** A piece of a sentence: text, or a slot. */
export type Piece = string | Slot;
interface Slot {
  readonly slot: string;
  readonly format: string;
}

/** Takes a sentence apart at its slots. */
export function pieces(sentence: string): Piece[] {
  const out: Piece[] = [];
  let at = 0;
  for (const match of sentence.matchAll(/\{([a-z]+)(?::([a-z0-9]+))?\}/g)) {
    if (match.index > at) out.push(sentence.slice(at, match.index));
    out.push({ slot: match[1]!, format: match[2] ?? '' });
    at = match.index + match[0].length;
  }
  if (at < sentence.length) out.push(sentence.slice(at));
  return out;
}

const PIECES: Record<Lang, (Piece[] | undefined)[]> = { en: [], zh: [] };

/** The catalogue's sentence of a decision with its values. */
export function sentence(
  decision: number,
  a: number,
  b: number,
  c: number,
  facts: Facts,
  lang: Lang = 'en',
  texts: readonly string[] = [],
): string {
  const parts = (PIECES[lang][decision] ??= pieces(CATALOGUE[decision]![lang]));
  let out = '';
  for (const part of parts) out += typeof part === 'string' ? part : fill(part, a, b, c, facts, texts, lang);
  return out;
}

/** The sentence of the decision recorded at `index` of the trace. */
export function sentenceAt(trace: Trace, index: number, lang: Lang = 'en'): string {
  const v = index * 3;
  const { values, facts, texts } = trace;
  return sentence(trace.ids[index]!, values[v]!, values[v + 1]!, values[v + 2]!, facts, lang, texts);
}

/** Index of the trace's last step, the one with the verdict; -1 when there is none. */
export function finalIndex(trace: Trace): number {
  for (let i = trace.length - 1; i >= 0; i--) if (trace.ids[i] === trace.final) return i;
  return -1;
}

/** The sentence with its slots named instead of filled: for people who look at the catalogue. */
export function template(decision: Decision, lang: Lang): string {
  const SLOT_WORDS: Record<string, string> = {
    hex2: '0x··',
    hex4: '0x····',
    hex8: '0x········',
    ip4: 'ADDRESS',
    ns: 'TIME',
    flags: 'FLAGS',
    ethertype: 'ETHERTYPE',
    ipproto: 'PROTOCOL',
    state: 'STATE',
    linktype: 'LINKTYPE',
    s: 's',
    text: 'TEXT',
    fd: FORMAT_WORDS[lang].descriptor('N'),
    data: FORMAT_WORDS[lang].data('N'),
    resent: FORMAT_WORDS[lang].resent('N'),
    scale: FORMAT_WORDS[lang].scale('N'),
    silence: FORMAT_WORDS[lang].someSilence,
  };
  let out = '';
  for (const part of pieces(decision[lang])) {
    if (typeof part === 'string') out += part;
    else if (part.slot in FACT_SLOTS) out += part.slot.toUpperCase();
    else out += SLOT_WORDS[part.format] ?? 'N';
  }
  return out;
}

export function adviceOf(decision: Decision, lang: Lang): string {
  return (lang === 'zh' ? decision.adviceZh : decision.advice) ?? decision.advice ?? '';
}

/** Name of a decision number. */
export function nameOf(decision: number): string {
  return NAMES[decision]!;
}

export function sourceAddress(f: { family: number; src0: number; src1: number; src2: number; src3: number }): string {
  return formatIp(f.family === 6 ? 6 : 4, f.src0, f.src1, f.src2, f.src3);
}

export function destinationAddress(f: { family: number; dst0: number; dst1: number; dst2: number; dst3: number }): string {
  return formatIp(f.family === 6 ? 6 : 4, f.dst0, f.dst1, f.dst2, f.dst3);
}

function fill(
  { slot, format }: Slot,
  a: number,
  b: number,
  c: number,
  facts: Facts,
  texts: readonly string[],
  lang: Lang,
): string {
  const fact = FACT_SLOTS[slot];
  if (fact !== undefined) return fact(facts);
  const value = slot === 'a' ? a : slot === 'b' ? b : c;
  const text = format === 'text' ? texts[value] : undefined;
  if (text !== undefined) return tame(text);
  return (VALUE_FORMATS[format] ?? String)(value, lang);
}

function hex(value: number, digits: number): string {
  return `0x${(value >>> 0).toString(16).padStart(digits, '0')}`;
}
