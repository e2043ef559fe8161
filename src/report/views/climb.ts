import { CATALOGUE } from '../../trace/catalogue.ts';
import type { Decision, Layer } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Tally } from '../tally.ts';
import type { Printer } from '../terminal/printer.ts';
import { paintVerdict, verdictGlyph } from '../terminal/style.ts';
import { columns, grouped, padEnd, padStart } from '../words/layout.ts';
import { packetName } from '../words/packet-line.ts';
import { finalIndex, nameOf, sentenceAt } from '../words/words.ts';

/** Rows of the chart from the bottom; layers side by side share one. */
const ROW_OF: Readonly<Record<Layer, number>> = {
  phy: 0,
  nic: 1,
  driver: 2,
  arp: 3,
  ip: 3,
  icmp: 4,
  udp: 4,
  tcp: 4,
  socket: 5,
  server: 6,
};
const ROWS = 7;
/** Frames that are kept one by one; with more of them there are bars instead of columns. */
const MOST_COLUMNS = 60;
const CELLS = [4, 3, 2];
/** Cells of the longest bar, and the least of them where the terminal is narrow. */
const BAR_WIDTH = 32;
const LEAST_BAR = 12;

interface Column {
  readonly number: number;
  readonly name: string;
  readonly final: number;
  readonly sentence: string;
}

/** How high each frame climbed, and where it stayed. */
export class Climb {
  private readonly kept: Column[] = [];
  private readonly tally: Tally;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  /** Frames are still kept; after that the tally tells all there is to know. */
  get isKeeping(): boolean {
    return this.kept.length < MOST_COLUMNS;
  }

  frame(frame: FrameRecord, trace: Trace, facts: Facts, printer: Printer): void {
    const final = trace.final;
    if (!this.isKeeping || final < 0 || CATALOGUE[final]!.effect === 'observe') return;
    const drop = CATALOGUE[final]!.effect === 'drop';
    this.kept.push({
      number: frame.number,
      name: packetName(facts, frame.wireLength),
      final,
      sentence: drop ? sentenceAt(trace, finalIndex(trace), printer.style.lang) : '',
    });
  }

  /** `named`: with a list of the dropped frames under the chart. */
  print(printer: Printer, named: boolean): void {
    if (this.tally.inbound === 0) return;
    const rows = this.rows();
    const left = Math.max(...rows.map((row) => columns(row.label))) + 2;
    const right = Math.max(...rows.map((row) => columns(this.remark(row, printer)))) + 2;
    const room = printer.style.width === 0 ? 120 : printer.style.width - left - right;
    const frames = this.tally.inbound;
    const cell = frames <= this.kept.length ? CELLS.find((size) => size * frames + 1 <= room) : undefined;
    if (cell === undefined) this.bars(printer, rows, left);
    else {
      this.chart(printer, rows, left, cell);
      if (named) this.list(printer);
    }
  }

  /** A column a frame: a stem as high as it climbed, and at its top what became of it. */
  private chart(printer: Printer, rows: readonly Row[], left: number, cell: number): void {
    const { style } = printer;
    for (const row of rows) {
      let line = padEnd(row.label, left - 2) + style.paint.dim(`  ${style.glyphs.stem}`);
      for (const column of this.kept) {
        const decision = CATALOGUE[column.final] as Decision;
        const top = ROW_OF[decision.layer];
        const space = ' '.repeat(cell - 1);
        if (top === row.number) line += space + paintVerdict(style, decision.effect, verdictGlyph(style, decision.effect));
        else line += space + (top > row.number ? style.paint.dim(style.glyphs.stem) : ' ');
      }
      printer.line(`${line} ${style.paint.dim(style.glyphs.stem)} ${this.remark(row, printer)}`);
    }
    let numbers = '';
    this.kept.forEach((column, i) => {
      const text = String(column.number);
      const at = (i + 1) * cell - text.length;
      if (numbers === '' || numbers.length < at) numbers = padEnd(numbers, at) + text;
    });
    printer.line(style.paint.dim(' '.repeat(left + 1) + numbers));
  }

  /** `#4  SYN  ✗ nic: fcs_error  (FCS …)` for each frame that was dropped. */
  private list(printer: Printer): void {
    const { style } = printer;
    const drops = this.kept.filter((column) => CATALOGUE[column.final]!.effect === 'drop');
    const numbers = Math.max(0, ...drops.map((column) => String(column.number).length));
    const names = Math.max(0, ...drops.map((column) => columns(column.name)));
    for (const drop of drops) {
      const { layer, reason } = CATALOGUE[drop.final] as Decision;
      const number = padStart(`#${drop.number}`, numbers + 1);
      const what = style.paint.red(`${style.glyphs.dropped} ${layer}: ${reason}`);
      printer.line(`  ${number}  ${padEnd(drop.name, names)}  ${what}  (${drop.sentence})`);
    }
  }

  /** A bar a row: how many frames came so far, how many went on, stayed, were dropped. */
  private bars(printer: Printer, rows: readonly Row[], left: number): void {
    const { style } = printer;
    const most = Math.max(...rows.map((row) => row.reached));
    const numbers = Math.max(...rows.map((row) => grouped(row.reached).length));
    const remarks = rows.map((row) => this.stays(row, printer));
    const room = style.width - left - numbers - 4 - Math.max(...remarks.map(columns));
    const longest = style.width === 0 ? BAR_WIDTH : Math.max(LEAST_BAR, Math.min(BAR_WIDTH, room));
    rows.forEach((row, i) => {
      const scale = (n: number) => (n === 0 ? 0 : Math.max(1, Math.round((n / most) * longest)));
      const total = scale(row.reached);
      const dropped = Math.min(total, scale(row.dropped));
      const stays = Math.min(total - dropped, scale(row.reached - row.above - row.dropped));
      const bar =
        style.paint.cyan(style.glyphs.bar.repeat(total - stays - dropped)) +
        style.paint.green(style.glyphs.barStays.repeat(stays)) +
        style.paint.red(style.glyphs.dropped.repeat(dropped));
      const count = padStart(grouped(row.reached), numbers);
      printer.line(`${padEnd(row.label, left)}${count}  ${padEnd(bar, longest)}  ${remarks[i]!}`.trimEnd());
    });
    const key = `${style.glyphs.bar} ${printer.phrases.climbsOn}   ${style.glyphs.barStays} ${printer.phrases.endsHere}   ${style.glyphs.dropped} ${printer.phrases.verdict.drop}`;
    printer.line(style.paint.dim(`${' '.repeat(left + numbers + 2)}${key}`));
  }

  /** `12   1 dropped` at the right of a row. */
  private remark(row: Row, printer: Printer): string {
    const numbers = grouped(this.tally.inbound).length;
    const dropped = row.dropped === 0 ? '' : `   ${grouped(row.dropped)} ${printer.phrases.droppedWord}`;
    return padStart(grouped(row.reached), numbers + 1) + dropped;
  }

  /** `● 63 consume  ✗ 18 drop`. */
  private stays(row: Row, printer: Printer): string {
    const { phrases, style } = printer;
    const parts: string[] = [];
    for (const effect of ['deliver', 'consume', 'hold', 'forward', 'drop'] as const) {
      const n = row.effects.get(effect) ?? 0;
      if (n > 0)
        parts.push(paintVerdict(style, effect, `${verdictGlyph(style, effect)} ${grouped(n)} ${phrases.verdict[effect]}`));
    }
    return parts.join('  ');
  }

  /** The rows from the top one down that frames reached; the nic and driver rows always. */
  private rows(): Row[] {
    const rows: Row[] = Array.from({ length: ROWS }, (_, number) => ({
      number,
      label: '',
      reached: 0,
      above: 0,
      dropped: 0,
      effects: new Map<string, number>(),
    }));
    const seen = this.tally.layers();
    let http = false;
    this.tally.finals.forEach((n, id) => {
      if (n === 0) return;
      const decision = CATALOGUE[id] as Decision;
      if (decision.effect === 'observe') return;
      const top = ROW_OF[decision.layer];
      const row = rows[top]!;
      row.effects.set(decision.effect, (row.effects.get(decision.effect) ?? 0) + n);
      if (decision.effect === 'drop') row.dropped += n;
      if (nameOf(id).startsWith('http_')) http = true;
      for (let r = 1; r <= top; r++) rows[r]!.reached += n;
      if (top === 0) rows[0]!.reached += n;
    });
    for (let r = 0; r < ROWS; r++) {
      rows[r]!.above = rows[r + 1]?.reached ?? 0;
      rows[r]!.label = r === 6 && http ? 'http' : label(r, seen);
    }
    return rows.filter((row) => row.reached > 0).reverse();
  }
}

interface Row {
  readonly number: number;
  label: string;
  /** Frames that came up to here, and of them those that went on. */
  reached: number;
  above: number;
  dropped: number;
  readonly effects: Map<string, number>;
}

/** Names of the layers of a row that frames came through. */
function label(row: number, seen: ReadonlySet<Layer>): string {
  const here = (['ip', 'arp', 'tcp', 'udp', 'icmp', 'phy', 'nic', 'driver', 'socket', 'server'] as const).filter(
    (layer) => ROW_OF[layer] === row,
  );
  return here.filter((layer) => seen.has(layer)).join('/') || here[0]!;
}
