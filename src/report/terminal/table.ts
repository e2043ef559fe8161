import { createRequire } from 'node:module';
import type CliTable from 'cli-table3';
import { columns } from '../words/layout.ts';
import type { Style } from './style.ts';

// an import of CommonJS would be read through for its names first, at each start
const Table = createRequire(import.meta.url)('cli-table3') as typeof CliTable;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows that are laid out at one time: cli-table3 looks at each cell for each other one. */
const BLOCK = 16;

/** A cell without a value. */
const NOTHING = '-';

export interface Column {
  readonly head: string;
  readonly right?: boolean;
  /** May be cut where the terminal is narrow. */
  readonly flexible?: boolean;
  /** May be left out there, the last such column first, and where all its cells are `-`. */
  readonly optional?: boolean;
}

/** Rows under a dimmed head, columns aligned, no lines drawn. Where the terminal is narrow, optional columns go first, then flexible ones are cut. */
export function table(style: Style, heads: readonly Column[], rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths = heads.map((head, i) => Math.max(columns(head.head), ...rows.map((row) => columns(row[i]!))));
  const told = heads.map((head, i) => !head.optional || rows.some((row) => row[i] !== NOTHING));
  const kept = leaveOut(style, heads, told, widths, columns(indent));
  shrink(style, heads, widths, kept, columns(indent));
  const lines: string[] = [];
  for (let from = 0; from === 0 || from < rows.length; from += BLOCK) {
    const drawn = new Table({
      head: from === 0 ? kept.map((i) => style.paint.dim(heads[i]!.head)) : [],
      colWidths: kept.map((i) => widths[i]!),
      colAligns: kept.map((i) => (heads[i]!.right ? 'right' : 'left')),
      chars: NO_LINES,
      truncate: style.glyphs.cut,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    });
    for (const row of rows.slice(from, from + BLOCK)) drawn.push(kept.map((i) => row[i]!));
    lines.push(...drawn.toString().split('\n'));
  }
  return lines.map((line) => (indent + line).trimEnd());
}

/** Columns to draw, by number. */
function leaveOut(
  style: Style,
  heads: readonly Column[],
  told: readonly boolean[],
  widths: readonly number[],
  indent: number,
): number[] {
  const kept = heads.map((_, i) => i).filter((i) => told[i]);
  for (let i = heads.length - 1; i >= 0; i--) {
    if (heads[i]!.optional && told[i] && excess(style, widths, kept, indent) > 0) kept.splice(kept.indexOf(i), 1);
  }
  return kept;
}

function shrink(style: Style, heads: readonly Column[], widths: number[], kept: readonly number[], indent: number): void {
  while (excess(style, widths, kept, indent) > 0) {
    let widest = -1;
    for (const i of kept) if (heads[i]!.flexible && widths[i]! > 8 && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    if (widest < 0) return;
    widths[widest]!--;
  }
}

/** Columns of text beyond the terminal's. */
function excess(style: Style, widths: readonly number[], kept: readonly number[], indent: number): number {
  if (style.width === 0) return 0;
  return kept.reduce((sum, i) => sum + widths[i]! + 2, indent - 2) - style.width;
}
