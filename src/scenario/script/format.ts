import { quoteIfNeeded } from '../kinds/text.ts';
import { type Cell, expectationCells, statementCells } from '../statements/write-statement.ts';
import { commentText } from '../text/comment.ts';
import type {
  Comments,
  Expectation,
  ForStatement,
  ForValues,
  HostStatement,
  RepeatStatement,
  Script,
  Statement,
  Step,
} from '../tree/script.ts';
import { Template } from '../tree/steps.ts';

/** A line before it is aligned with its neighbours. */
interface Row {
  readonly indent: number;
  readonly cells: readonly Cell[];
  /** What follows `#`. */
  readonly comment: string | undefined;
  /** Rows of one group stand in columns; empty: alone. */
  readonly group: string;
}

/** A comment of its own, or a blank line. */
type Remark = string;

const INDENT = 2;
/** Wider values are not waited for by their neighbours. */
const WIDEST_CELL = 44;
/** Comments do not go further right for the sake of one long line. */
const WIDEST_LINE = 76;

/** The script as text: one spelling, columns, comments kept. What is formatted already stays as it is. */
export function formatScript(script: Script): string {
  const lines: (Row | Remark)[] = [];
  for (const statement of script.statements) pushStatement(lines, statement, 0);
  for (const remark of script.tail) lines.push(remarkLine(remark, 0));
  return layOut(lines)
    .map((line) => `${line}\n`)
    .join('');
}

function pushStatement(lines: (Row | Remark)[], statement: Statement, indent: number): void {
  pushRemarks(lines, statement.comments, indent);
  const comment = statement.comments?.after;
  const push = (cells: readonly Cell[], group = ''): void => {
    lines.push({ indent, cells, comment, group });
  };
  switch (statement.type) {
    case 'include':
      push([{ key: 'include', text: `include ${quoteIfNeeded(statement.file)}` }]);
      return;
    case 'repeat':
    case 'for':
      push([{ key: 'loop', text: loopHead(statement) }]);
      for (const each of statement.body) pushStatement(lines, each, indent + INDENT);
      pushRemarks(lines, statement.endComments, indent + INDENT);
      lines.push({ indent, cells: [{ key: 'end', text: 'end' }], comment: statement.endComments?.after, group: '' });
      return;
    case 'check':
      for (const each of statement.expects) pushExpectation(lines, each, indent);
      return;
    default: {
      const step = (statement.type === 'pattern' ? statement.step : statement) as HostStatement | Step;
      push(statementCells(step), groupOf(step.type));
      for (const each of 'expects' in step ? step.expects : []) pushExpectation(lines, each, indent + INDENT);
    }
  }
}

function pushExpectation(lines: (Row | Remark)[], expectation: Expectation, indent: number): void {
  pushRemarks(lines, expectation.comments, indent);
  lines.push({ indent, cells: expectationCells(expectation), comment: expectation.comments?.after, group: '' });
}

function pushRemarks(lines: (Row | Remark)[], comments: Comments | undefined, indent: number): void {
  for (const remark of comments?.before ?? []) lines.push(remarkLine(remark, indent));
}

function remarkLine(remark: string, indent: number): string {
  return remark === '' ? '' : ' '.repeat(indent) + remark;
}

/** Statements that are read as a table. */
function groupOf(type: string): string {
  if (type === 'server' || type === 'client') return 'station';
  return ['neighbour', 'route', 'sysctl', 'listen', 'respond', 'firewall', 'impair'].includes(type) ? type : '';
}

function loopHead(loop: RepeatStatement | ForStatement): string {
  if (loop.type === 'repeat') return `repeat ${bound(loop.count)}`;
  return `for ${loop.variable} in ${writeForValues(loop.values)}`;
}

/** What stands after `in`: `1..100 step 2`, or a list of words. */
export function writeForValues(values: ForValues): string {
  if (values.type === 'list') return values.words.map(listWord).join(' ');
  const step = values.step === 1 ? '' : ` step ${values.step}`;
  return `${bound(values.first)}..${bound(values.last)}${step}`;
}

/** In quotes where it could be taken for a range, or where a comma at its end would be lost. */
function listWord(word: string): string {
  return word.includes('..') || word.endsWith(',') ? `"${word}"` : quoteIfNeeded(word);
}

function bound(value: number | Template): string {
  return value instanceof Template ? value.text : String(value);
}

function layOut(lines: readonly (Row | Remark)[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const first = lines[i]!;
    if (typeof first === 'string') {
      out.push(first);
      i++;
      continue;
    }
    const block: Row[] = [];
    for (; i < lines.length && typeof lines[i] !== 'string'; i++) block.push(lines[i] as Row);
    out.push(...withComments(block, inColumns(block)));
  }
  return out;
}

/** Texts of the rows; neighbours of one group in columns. */
function inColumns(rows: readonly Row[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < rows.length; ) {
    const { group, indent } = rows[i]!;
    let end = i + 1;
    while (group !== '' && end < rows.length && rows[end]!.group === group && rows[end]!.indent === indent) end++;
    out.push(...columns(rows.slice(i, end)));
    i = end;
  }
  return out;
}

function columns(rows: readonly Row[]): string[] {
  const widths: number[] = [];
  for (let column = 0; ; column++) {
    const cells = rows.map((row) => row.cells[column]).filter((cell) => cell !== undefined);
    const width = Math.max(0, ...cells.map(({ text }) => text.length));
    if (cells.length < 2 || width > WIDEST_CELL || cells.some(({ key }) => key !== cells[0]!.key)) break;
    widths.push(width);
  }
  return rows.map(({ indent, cells }) => {
    const texts = cells.map(({ text }, i) => (i < cells.length - 1 ? text.padEnd(widths[i] ?? 0) : text));
    return ' '.repeat(indent) + texts.join(' ');
  });
}

/** Adds the comments, below each other. */
function withComments(rows: readonly Row[], texts: readonly string[]): string[] {
  const commented = texts.filter((text, i) => rows[i]!.comment !== undefined && text.length <= WIDEST_LINE);
  const column = Math.max(0, ...commented.map((text) => text.length)) + 2;
  return texts.map((text, i) => {
    const { comment } = rows[i]!;
    if (comment === undefined) return text;
    return `${text.length <= WIDEST_LINE ? text.padEnd(column) : `${text}  `}${commentText(comment)}`;
  });
}
