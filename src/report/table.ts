import Table from 'cli-table3';
import { columns } from './layout.ts';
import type { Style } from './style.ts';

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

export interface Column {
  readonly head: string;
  readonly right?: boolean;
  /** May be cut where the terminal is narrow. */
  readonly flexible?: boolean;
}

/** Rows under a dimmed head, columns aligned, no lines drawn; what is too wide for the terminal is taken from the flexible columns. */
export function table(style: Style, heads: readonly Column[], rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths = heads.map((head, i) => Math.max(columns(head.head), ...rows.map((row) => columns(row[i]!))));
  shrink(style, heads, widths, columns(indent));
  const drawn = new Table({
    head: heads.map((head) => style.paint.dim(head.head)),
    colWidths: widths,
    colAligns: heads.map((head) => (head.right ? 'right' : 'left')),
    chars: NO_LINES,
    truncate: style.glyphs.cut,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push([...row]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => (indent + line).trimEnd());
}

function shrink(style: Style, heads: readonly Column[], widths: number[], indent: number): void {
  if (style.width === 0) return;
  let excess = indent + widths.reduce((sum, width) => sum + width + 2, -2) - style.width;
  while (excess > 0) {
    let widest = -1;
    heads.forEach((head, i) => {
      if (head.flexible && widths[i]! > 8 && (widest < 0 || widths[i]! > widths[widest]!)) widest = i;
    });
    if (widest < 0) return;
    widths[widest]!--;
    excess--;
  }
}
