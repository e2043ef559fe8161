import type { HostInfo } from '../../trace/run.ts';
import { columns, wrap } from '../words/layout.ts';
import { PHRASES, type Phrases } from '../words/phrases.ts';
import type { Output } from './output.ts';
import type { Style } from './style.ts';

/** What stands for signs outside ASCII in `--ascii` output. */
const ASCII_SIGNS: Readonly<Record<string, string>> = {
  µ: 'u',
  '§': '',
  '…': '...',
  '·': '-',
  '×': 'x',
  '→': '->',
  '–': '-',
  '—': '-',
  '≥': '>=',
  '≤': '<=',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
};

type Paint = (text: string) => string;
const plain: Paint = (text) => text;

/** Lines of text for people, to the process's writer in the style of its terminal. */
export class Printer {
  readonly style: Style;
  readonly phrases: Phrases;
  /** The host's own MAC address as soon as it is known, or words for it. */
  ourMac: string;
  private readonly out: Output;
  private readonly ascii: boolean;

  constructor(out: Output, style: Style) {
    this.out = out;
    this.style = style;
    this.phrases = PHRASES[style.lang];
    this.ourMac = this.phrases.ourMac;
    this.ascii = style.glyphs.stem === '|';
  }

  /** Which host the run is about. */
  about({ macs }: HostInfo): void {
    if (macs.length < 2) this.ourMac = macs[0] ?? this.phrases.unknownMac;
  }

  get closed(): boolean {
    return this.out.closed;
  }

  line(text = ''): void {
    this.out.line(this.ascii ? text.replace(/[µ§…·×→–—≥≤’‘“”]/g, (sign) => ASCII_SIGNS[sign]!) : text);
  }

  lines(texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** Text broken to the width, its later lines set in as far as `left` is wide. */
  hanging(left: string, text: string, { line: whole = plain, body = plain }: { line?: Paint; body?: Paint } = {}): void {
    const space = columns(left);
    wrap(text, this.style.width === 0 ? 0 : Math.max(20, this.style.width - space)).forEach((line, i) => {
      this.line(whole((i === 0 ? left : ' '.repeat(space)) + body(line)));
    });
  }

  /** A section's title after an empty line. */
  title(text: string, remark = ''): void {
    this.line();
    const { paint, width } = this.style;
    if (width === 0 || columns(text) + 2 + columns(remark) <= width) {
      this.line(remark === '' ? paint.bold(text) : `${paint.bold(text)}  ${paint.dim(remark)}`);
      return;
    }
    this.line(paint.bold(text));
    for (const line of wrap(remark, width - 2)) this.line(`  ${paint.dim(line)}`);
  }

  flush(): void {
    this.out.flush();
  }
}
