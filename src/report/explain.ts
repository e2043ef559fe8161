import { CATALOGUE, NAMES } from '../trace/catalogue.ts';
import { type Decision, LAYERS } from '../trace/decision.ts';
import { KERNEL_REASONS, kernelReason } from '../trace/kernel-reasons.ts';
import { nearest } from '../trace/nearest.ts';
import { columns, padEnd, wrap } from './layout.ts';
import type { Output } from './output.ts';
import type { Printer } from './printer.ts';
import { paintVerdict, verdictGlyph } from './style.ts';
import { adviceOf, type Lang, template } from './words.ts';

const LABEL = 10;
const WORDS = {
  en: {
    kernel: 'kernel',
    counter: 'counter',
    rule: 'rule',
    advice: 'advice',
    rst: 'RST reason',
    related: 'see also',
    undecided: 'rxpath does not decide this: it is a name of the Linux kernel for something outside what rxpath models.',
    many: 'rxpath gives each of these drops a name of its own: the list says which.',
    unknown: 'no reason or decision is called',
    near: 'Near it',
    list: 'The list: rxpath explain',
    more: 'One of them: rxpath explain NAME',
    neverSeen: 'none: the kernel never sees such a frame',
    ours: "the name is rxpath's own",
  },
  zh: {
    kernel: '内核',
    counter: '计数器',
    rule: '规则',
    advice: '建议',
    rst: 'RST 原因',
    related: '另见',
    undecided: 'rxpath 不作此决定：这是 Linux 内核的名称，所指之事不在 rxpath 的模型之内。',
    many: 'rxpath 为这些丢弃各起了名称：见列表。',
    unknown: '没有这样的原因或决定：',
    near: '相近的有',
    list: '完整列表：rxpath explain',
    more: '查看其中一个：rxpath explain 名称',
    neverSeen: '无：内核看不到这样的帧',
    ours: '此名称为 rxpath 自有',
  },
} as const;

interface Entry {
  readonly name: string;
  readonly decision: Decision;
}

/** What a word stands for: decisions with that name or reason, and the kernel's own name where it is one. */
export interface Explanation {
  readonly entries: readonly Entry[];
  /** Name of a kernel reason, upper case; empty where the word is none. */
  readonly kernel: string;
}

const ENTRIES: readonly Entry[] = (CATALOGUE as readonly Decision[]).map((decision, i) => ({
  name: NAMES[i]! as string,
  decision,
}));

/** Looks a decision or a reason up, in any case, with or without the kernel's prefix; null where there is none. */
export function lookUp(word: string): Explanation | null {
  const name = word.toLowerCase().replace(/^skb_drop_reason_/, '');
  const exact = ENTRIES.filter((entry) => entry.name === name);
  const upper = name.toUpperCase();
  const kernel = upper in KERNEL_REASONS ? upper : '';
  const entries =
    exact.length > 0
      ? exact
      : ENTRIES.filter(({ decision }) => decision.reason === name || (kernel !== '' && decision.skb === kernel));
  return entries.length === 0 && kernel === '' ? null : { entries, kernel };
}

/** Names like a word that nothing is called. */
export function suggestions(word: string): string[] {
  const names = ENTRIES.flatMap(({ name, decision }) => (decision.reason === undefined ? [name] : [name, decision.reason]));
  return nearest(word, [...names, ...Object.keys(KERNEL_REASONS).map((kernel) => kernel.toLowerCase())]);
}

export function unknownText(word: string, lang: Lang): string {
  const words = WORDS[lang];
  const near = suggestions(word);
  return `${words.unknown} ${JSON.stringify(word)}. ${near.length > 0 ? `${words.near}: ${near.join(', ')}. ` : ''}${words.list}`;
}

export function printExplanation(printer: Printer, { entries, kernel }: Explanation): void {
  const { style } = printer;
  entries.forEach((entry, i) => {
    if (i > 0) printer.line();
    printEntry(printer, entry);
  });
  if (entries.length > 0) return;
  const words = WORDS[style.lang];
  printer.line(style.paint.bold(kernel));
  paragraph(printer, '', kernelReason(kernel)![style.lang]);
  paragraph(printer, '', kernel === 'NOT_SPECIFIED' ? words.many : words.undecided);
}

/** Every decision by layer: verdict, name, reason and sentence. */
export function printList(printer: Printer): void {
  const { style } = printer;
  const nameWidth = Math.max(...ENTRIES.map(({ name }) => name.length));
  for (const layer of LAYERS) {
    const here = ENTRIES.filter(({ decision }) => decision.layer === layer);
    if (here.length === 0) continue;
    printer.title(layer);
    for (const { name, decision } of here) {
      const glyph = paintVerdict(style, decision.effect, glyphOf(printer, decision));
      const reason = decision.reason === undefined || name.endsWith(decision.reason) ? '' : ` [${decision.reason}]`;
      const sentence = template(decision, style.lang) + reason;
      const indent = 2 + columns(glyphOf(printer, decision)) + 1 + nameWidth + 2;
      const lines = wrap(sentence, style.width === 0 ? 0 : Math.max(24, style.width - indent));
      lines.forEach((line, i) => {
        printer.line(
          i === 0
            ? `  ${glyph} ${padEnd(name, nameWidth)}  ${style.paint.dim(line)}`
            : ' '.repeat(indent) + style.paint.dim(line),
        );
      });
    }
  }
  printer.line();
  printer.line(style.paint.dim(WORDS[style.lang].more));
}

/** One object a line for each entry; the kernel's name alone where we decide nothing of it. */
export function writeJson(out: Output, explanation: Explanation | null): void {
  const entries = explanation === null ? ENTRIES : explanation.entries;
  for (const { name, decision } of entries) {
    const { layer, effect, reason, skb, rst, counter, clause, en, zh, advice, adviceZh } = decision;
    const meaning = skb === undefined ? undefined : kernelReason(skb);
    const line = {
      type: 'decision',
      decision: name,
      layer,
      verdict: effect,
      reason,
      skb_reason: skb,
      skb_meaning: meaning?.en,
      rst_reason: rst,
    };
    out.line(JSON.stringify({ ...line, counter, clause, en, zh, advice, advice_zh: adviceZh }));
  }
  if (explanation !== null && entries.length === 0) {
    const meaning = kernelReason(explanation.kernel)!;
    out.line(
      JSON.stringify({ type: 'kernel_reason', skb_reason: explanation.kernel, en: meaning.en, zh: meaning.zh, decided: false }),
    );
  }
}

function printEntry(printer: Printer, { name, decision }: Entry): void {
  const { style, phrases } = printer;
  const { lang } = style;
  const words = WORDS[lang];
  const verdict = paintVerdict(style, decision.effect, `${glyphOf(printer, decision)} ${phrases.verdict[decision.effect]}`);
  const reason = decision.reason === undefined ? '' : `  ${style.paint.red(decision.reason)}`;
  printer.line(`${style.paint.bold(name)}  ${verdict}  ${decision.layer}${reason}`);
  paragraph(printer, '', template(decision, lang));
  if (decision.effect === 'drop' || decision.skb !== undefined) {
    const meaning = decision.skb === undefined ? undefined : kernelReason(decision.skb);
    const text =
      decision.skb === undefined
        ? words.neverSeen
        : meaning === undefined
          ? decision.skb
          : `${decision.skb}${phrases.colon}${meaning[lang]}`;
    const named = decision.reason === undefined || decision.reason.toUpperCase() in KERNEL_REASONS;
    const own = decision.skb === 'NOT_SPECIFIED' && !named ? (lang === 'zh' ? `；${words.ours}` : `; ${words.ours}`) : '';
    paragraph(printer, words.kernel, text + own);
  }
  paragraph(printer, words.rst, decision.rst ?? '');
  paragraph(printer, words.counter, decision.counter ?? '');
  paragraph(printer, words.rule, decision.clause);
  paragraph(printer, words.advice, adviceOf(decision, lang));
  const related = ENTRIES.filter(
    (entry) => entry.name !== name && decision.reason !== undefined && entry.decision.reason === decision.reason,
  );
  paragraph(printer, words.related, related.map((entry) => entry.name).join(', '));
}

function paragraph(printer: Printer, label: string, text: string): void {
  if (text === '') return;
  const { width } = printer.style;
  const indent = label === '' ? 2 : LABEL + 4;
  wrap(text, width === 0 ? 0 : width - indent).forEach((line, i) => {
    const left = label === '' ? '  ' : `  ${printer.style.paint.dim(padEnd(i === 0 ? label : '', LABEL + 2))}`;
    printer.line(left + line);
  });
}

function glyphOf(printer: Printer, decision: Decision): string {
  const { glyphs } = printer.style;
  if (decision.effect === 'pass') return glyphs.check;
  if (decision.effect === 'reply') return glyphs.reply;
  return decision.effect === 'event' ? glyphs.event : verdictGlyph(printer.style, decision.effect);
}
