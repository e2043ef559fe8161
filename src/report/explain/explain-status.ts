import { CATALOGUE, D } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import { STATUSES, type StatusEntry, statusClass, statusEntry } from '../../trace/statuses.ts';
import { plainJson } from '../json/plain-text.ts';
import type { Lang } from '../lang.ts';
import type { Output } from '../terminal/output.ts';
import type { Printer } from '../terminal/printer.ts';
import { padEnd, wrap } from '../words/layout.ts';
import { template } from '../words/words.ts';

const LABEL = 10;
const WORDS = {
  en: {
    given: 'here',
    never: "rxpath's own server gives it only where a `respond` rule or a mounted program does; captured servers may",
    rule: 'rule',
    advice: 'advice',
    decisions: 'decisions',
    unlisted: 'No rule that rxpath knows names this status. Its class says',
    unknown: 'is no status: the first digit is 1 to 5',
    more: 'One of them: rxpath explain NUMBER',
  },
  zh: {
    given: '本服务器',
    never: 'rxpath 自己的服务器只在 `respond` 规则或挂载的程序要求时给出；抓包中的服务器可能给出',
    rule: '规则',
    advice: '建议',
    decisions: '决定',
    unlisted: 'rxpath 所知的规则未命名此状态码。其类别为',
    unknown: '不是状态码：首位数字为 1 到 5',
    more: '查看其中一个：rxpath explain 数字',
  },
} as const;

/** `http`, or a number of three digits: what `explain` says about statuses instead of decisions. Null: the word is neither. */
export function statusesOf(word: string): readonly StatusEntry[] | number | null {
  if (word.toLowerCase() === 'http') return STATUSES;
  if (!/^\d{3}$/.test(word)) return null;
  const status = Number(word);
  const entry = statusEntry(status);
  return entry === undefined ? status : [entry];
}

/** What the class of a status says that no rule names; null where it has none. */
export function unlistedText(status: number, lang: Lang): string | null {
  const name = statusClass(status, lang);
  return name === '' ? null : `${WORDS[lang].unlisted}: ${status} ${name} (RFC 9110 §15).`;
}

export function noStatusText(status: number, lang: Lang): string {
  return `${status} ${WORDS[lang].unknown}`;
}

/** The one status in full, or each of several in a line. */
export function printStatuses(printer: Printer, entries: readonly StatusEntry[]): void {
  if (entries.length === 1) printStatus(printer, entries[0]!);
  else printStatusList(printer, entries);
}

/** One object a line, with both languages. */
export function writeStatusJson(out: Output, entries: readonly StatusEntry[]): void {
  for (const { status, name, clause, en, zh, when, whenZh, advice, adviceZh, decisions } of entries) {
    const about = { type: 'status', status, name, class: statusClass(status, 'en'), clause, en, zh };
    out.line(plainJson({ ...about, when, when_zh: whenZh, advice, advice_zh: adviceZh, decisions }));
  }
}

function printStatus(printer: Printer, entry: StatusEntry): void {
  const { style } = printer;
  const { lang } = style;
  const words = WORDS[lang];
  const zh = lang === 'zh';
  printer.line(`${style.paint.bold(`${entry.status} ${entry.name}`)}  ${statusClass(entry.status, lang)}`);
  paragraph(printer, '', zh ? entry.zh : entry.en);
  paragraph(printer, words.given, (zh ? entry.whenZh : entry.when) ?? words.never);
  paragraph(printer, words.rule, entry.clause);
  paragraph(printer, words.advice, zh ? entry.adviceZh : entry.advice);
  entry.decisions.forEach((name, i) => {
    const sentence = template(CATALOGUE[D[name]] as Decision, lang);
    paragraph(printer, i === 0 ? words.decisions : ' ', `${name}: ${sentence}`);
  });
}

function printStatusList(printer: Printer, entries: readonly StatusEntry[]): void {
  const { style } = printer;
  const { lang } = style;
  const nameWidth = Math.max(...entries.map(({ name }) => name.length));
  for (const kind of [1, 2, 3, 4, 5]) {
    printer.title(`${kind}xx ${statusClass(kind * 100, lang)}`);
    for (const entry of entries) {
      if (Math.floor(entry.status / 100) !== kind) continue;
      const glyph = entry.when === undefined ? ' ' : style.glyphs.check;
      const left = `  ${glyph} ${entry.status} ${padEnd(entry.name, nameWidth)}  `;
      printer.hanging(left, lang === 'zh' ? entry.zh : entry.en);
    }
  }
  printer.line();
  printer.line(style.paint.dim(WORDS[lang].more));
}

function paragraph(printer: Printer, label: string, text: string): void {
  const { width } = printer.style;
  const indent = label === '' ? 2 : LABEL + 4;
  wrap(text, width === 0 ? 0 : width - indent).forEach((line, i) => {
    const left = label === '' ? '  ' : `  ${printer.style.paint.dim(padEnd(i === 0 ? label : '', LABEL + 2))}`;
    printer.line(left + line);
  });
}
