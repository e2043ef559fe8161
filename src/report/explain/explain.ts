import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import { counterOf, type Decision, LAYERS } from '../../trace/decision.ts';
import { KERNEL_REASONS, kernelReason } from '../../trace/kernel-reasons.ts';
import { nearest } from '../../trace/nearest.ts';
import { plainJson } from '../json/plain-text.ts';
import type { Lang } from '../lang.ts';
import type { Output } from '../terminal/output.ts';
import type { Printer } from '../terminal/printer.ts';
import { effectGlyph, paintVerdict } from '../terminal/style.ts';
import { padEnd, wrap } from '../words/layout.ts';
import { adviceOf, template } from '../words/words.ts';
import { WORD_NAMES, type Word, wordOf } from './explain-words.ts';

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
    several: (n: string) => `${n} decisions`,
    kinds: { layer: 'layer', verdict: 'verdict', divergence: 'divergence' },
    profile: 'profile',
    only: (profile: string) => `decided so only with --profile ${profile}`,
    notLinux: 'none: Linux decides otherwise',
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
    several: (n: string) => `${n} 个决定`,
    kinds: { layer: '层', verdict: '裁决', divergence: '分歧' },
    profile: '规则集',
    only: (profile: string) => `仅在 --profile ${profile} 时如此决定`,
    notLinux: '无：Linux 的决定不同',
    neverSeen: '无：内核看不到这样的帧',
    ours: '此名称为 rxpath 自有',
  },
} as const;

interface Entry {
  readonly name: string;
  readonly decision: Decision;
}

/** What a word stands for: decisions with that name or reason, and the kernel's own name where it is one; or a word of the reports, with the decisions that it comprises. */
export interface Explanation {
  readonly word: Word | null;
  readonly entries: readonly Entry[];
  /** Name of a kernel reason, upper case, or of a counter or an RST reason as Linux spells it; empty where the word is none. */
  readonly kernel: string;
}

const ENTRIES: readonly Entry[] = (CATALOGUE as readonly Decision[]).map((decision, i) => ({
  name: NAMES[i]! as string,
  decision,
}));

/**
 * Looks a decision, a reason, a layer, a verdict, a kind of divergence, an RST reason or a counter up, in any case, with or without the
 * kernel's prefix; null where there is none.
 */
export function lookUp(text: string): Explanation | null {
  const name = text.toLowerCase().replace(/^skb_drop_reason_/, '');
  const kernel = name.toUpperCase() in KERNEL_REASONS ? name.toUpperCase() : '';
  const entries = entriesOf(name, kernel);
  if (entries.length > 0 || kernel !== '') return { word: null, entries, kernel };
  const word = wordOf(name);
  if (word === null) return inKernelTools(name);
  return { word, entries: ENTRIES.filter(({ decision }) => decision.layer === name || decision.effect === name), kernel };
}

/** The decision of that name, else those of that reason: first the ones that are called after it. */
function entriesOf(name: string, kernel: string): readonly Entry[] {
  const exact = ENTRIES.filter((entry) => entry.name === name);
  if (exact.length > 0) return exact;
  const here = ENTRIES.filter(({ decision }) => decision.reason === name || (kernel !== '' && decision.skb === kernel));
  const isNamesake = (entry: Entry) => entry.name === `${entry.decision.layer}_${name}`;
  return [...here.filter(isNamesake), ...here.filter((entry) => !isNamesake(entry))];
}

/** What the kernel's own tools show beside the decisions: `tcp:tcp_send_reset`'s reasons, and the counters of nstat and ethtool. */
function inKernelTools(name: string): Explanation | null {
  let kernel = '';
  const entries = ENTRIES.filter(({ decision: { rst, counter, counter6 } }) => {
    const found = [rst, counter, counter6].find((shown) => shown?.toLowerCase() === name);
    kernel = found ?? kernel;
    return found !== undefined;
  });
  return entries.length === 0 ? null : { word: null, entries, kernel };
}

/** Names like a word that nothing is called. */
export function suggestions(word: string): string[] {
  const names = ENTRIES.flatMap(({ name, decision }) => (decision.reason === undefined ? [name] : [name, decision.reason]));
  const words = WORD_NAMES.filter((name) => !word.toLowerCase().includes(name));
  return nearest(word, [...names, ...words, ...Object.keys(KERNEL_REASONS).map((kernel) => kernel.toLowerCase())]);
}

export function unknownText(word: string, lang: Lang): string {
  const words = WORDS[lang];
  const near = suggestions(word);
  return `${words.unknown} ${JSON.stringify(word)}. ${near.length > 0 ? `${words.near}: ${near.join(', ')}. ` : ''}${words.list}`;
}

export function printExplanation(printer: Printer, { word, entries, kernel }: Explanation): void {
  const words = WORDS[printer.style.lang];
  if (word !== null) printWord(printer, word, entries);
  else if (entries.length === 1) printEntry(printer, entries[0]!, { kernel: true, related: true });
  else if (entries.length > 1) printEntries(printer, entries, kernel);
  else {
    printer.line(printer.style.paint.bold(kernel));
    paragraph(printer, '', kernelReason(kernel)![printer.style.lang]);
    paragraph(printer, '', kernel === 'NOT_SPECIFIED' ? words.many : words.undecided);
  }
}

/** Several decisions of one reason or one name of the kernel's: what they share is said once. */
function printEntries(printer: Printer, entries: readonly Entry[], kernel: string): void {
  const { style } = printer;
  const { reason, skb } = entries[0]!.decision;
  const shared = entries.every(({ decision }) => decision.reason === reason) ? reason : undefined;
  const isReason = shared !== undefined || kernel in KERNEL_REASONS;
  printer.line(`${style.paint.red(shared ?? kernel)}  ${WORDS[style.lang].several(String(entries.length))}`);
  if (isReason) kernelLine(printer, entries[0]!.decision);
  for (const entry of entries) {
    printer.line();
    printEntry(printer, entry, { kernel: !isReason || entry.decision.skb !== skb, related: false });
  }
}

function printWord(printer: Printer, { kind, name, says, advice }: Word, entries: readonly Entry[]): void {
  const { style } = printer;
  const words = WORDS[style.lang];
  printer.line(`${style.paint.bold(name)}  ${words.kinds[kind]}`);
  paragraph(printer, '', says[style.lang]);
  paragraph(printer, words.advice, advice?.[style.lang] ?? '');
  if (entries.length > 0) printList(printer, entries);
}

/** Decisions by layer: verdict, name, reason and sentence. */
export function printList(printer: Printer, entries: readonly Entry[] = ENTRIES): void {
  const { style } = printer;
  const nameWidth = Math.max(...entries.map(({ name }) => name.length));
  for (const layer of LAYERS) {
    const here = entries.filter(({ decision }) => decision.layer === layer);
    if (here.length === 0) continue;
    printer.title(layer);
    for (const { name, decision } of here) {
      const glyph = paintVerdict(style, decision.effect, effectGlyph(style, decision.effect));
      const reason = decision.reason === undefined || name.endsWith(decision.reason) ? '' : ` [${decision.reason}]`;
      printer.hanging(`  ${glyph} ${padEnd(name, nameWidth)}  `, template(decision, style.lang) + reason, {
        body: style.paint.dim,
      });
    }
  }
  printer.line();
  printer.line(style.paint.dim(WORDS[style.lang].more));
}

/** One object a line for each entry; the kernel's name alone where we decide nothing of it. */
export function writeJson(out: Output, explanation: Explanation | null): void {
  const word = explanation?.word ?? null;
  if (word !== null) {
    const { kind, name, says, advice } = word;
    out.line(plainJson({ type: 'word', word: name, kind, en: says.en, zh: says.zh, advice: advice?.en, advice_zh: advice?.zh }));
    if (kind === 'divergence') return;
  }
  const entries = explanation === null ? ENTRIES : explanation.entries;
  for (const { name, decision } of entries) {
    const { layer, effect, profile, reason, skb, rst, counter, counter6, clause, en, zh, advice, adviceZh } = decision;
    const meaning = skb === undefined ? undefined : kernelReason(skb);
    const line = {
      type: 'decision',
      decision: name,
      layer,
      verdict: effect,
      profile,
      reason,
      skb_reason: skb,
      skb_meaning: meaning?.en,
      rst_reason: rst,
    };
    out.line(plainJson({ ...line, counter, counter6, clause, en, zh, advice, advice_zh: adviceZh }));
  }
  if (explanation !== null && entries.length === 0) {
    const meaning = kernelReason(explanation.kernel)!;
    out.line(
      plainJson({ type: 'kernel_reason', skb_reason: explanation.kernel, en: meaning.en, zh: meaning.zh, decided: false }),
    );
  }
}

/** With the kernel's name, and the other decisions of the same reason. */
function printEntry(printer: Printer, { name, decision }: Entry, shown: { kernel: boolean; related: boolean }): void {
  const { style, phrases } = printer;
  const words = WORDS[style.lang];
  const verdict = paintVerdict(
    style,
    decision.effect,
    `${effectGlyph(style, decision.effect)} ${phrases.verdict[decision.effect]}`,
  );
  const reason = decision.reason === undefined ? '' : `  ${style.paint.red(decision.reason)}`;
  printer.line(`${style.paint.bold(name)}  ${verdict}  ${decision.layer}${reason}`);
  paragraph(printer, '', template(decision, style.lang));
  if (decision.profile !== undefined) paragraph(printer, words.profile, words.only(decision.profile));
  if (shown.kernel) kernelLine(printer, decision);
  paragraph(printer, words.rst, decision.rst ?? '');
  paragraph(printer, words.counter, counterOf(decision, 0));
  paragraph(printer, words.rule, decision.clause);
  paragraph(printer, words.advice, adviceOf(decision, style.lang));
  if (!shown.related) return;
  const related = ENTRIES.filter(
    (entry) => entry.name !== name && decision.reason !== undefined && entry.decision.reason === decision.reason,
  );
  paragraph(printer, words.related, related.map((entry) => entry.name).join(', '));
}

/** What the kernel calls it, and what it means by that. */
function kernelLine(printer: Printer, decision: Decision): void {
  const { phrases, style } = printer;
  const { effect, skb, reason, profile } = decision;
  if (effect !== 'drop' && skb === undefined) return;
  const words = WORDS[style.lang];
  const meaning = skb === undefined ? undefined : kernelReason(skb);
  const none = profile === undefined ? words.neverSeen : words.notLinux;
  const text = skb === undefined ? none : meaning === undefined ? skb : skb + phrases.colon + meaning[style.lang];
  const named = reason === undefined || reason.toUpperCase() in KERNEL_REASONS;
  paragraph(printer, words.kernel, text + (skb === 'NOT_SPECIFIED' && !named ? phrases.semicolon + words.ours : ''));
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
