import type { AnswerSummary } from '../../trace/events.ts';
import type { EndInfo, ExchangeRow } from '../../trace/run.ts';
import type { Printer } from '../terminal/printer.ts';
import type { Style } from '../terminal/style.ts';
import { type Column, table } from '../terminal/table.ts';
import { cutTo, duration, grouped, tame } from '../words/layout.ts';
import { endpoint } from '../words/packet-line.ts';

/** Behind the method of a request, or the size of a response, that is not whole. */
const MARK = '*';
/** Columns, also where a line may be as long as it likes: one request does not make the table unreadable. */
const MOST_METHOD = 20;
const MOST_TARGET = 100;

const HEADS: readonly Column[] = [
  { head: '#', right: true },
  { head: 'Client', flexible: true },
  { head: 'Server', flexible: true, optional: true },
  { head: 'fd', right: true, optional: true },
  { head: 'Module', right: true, optional: true },
  { head: 'Method' },
  { head: 'Target', flexible: true },
  { head: 'Status', right: true },
  { head: 'Bytes', right: true },
  { head: 'TTFB', right: true },
  { head: 'Total', right: true, optional: true },
  { head: 'Closed first', optional: true },
];
/** What the other server answered, and in what ours is not like the captured one. */
const OTHER: Readonly<Record<ExchangeRow['source'], Column>> = {
  server: { head: 'Captured', flexible: true },
  captured: { head: 'Our server', flexible: true },
};
const DIFFERS: Column = { head: 'Differs', flexible: true };

/** Where answers are compared and there is little room, times go before them. */
function lessTimes(column: Column): Column {
  return column.head === 'TTFB' ? { ...column, optional: true } : column;
}

/** Requests and their responses, in order: who asked what, what came back, after how long. */
export function printHttp(printer: Printer, info: EndInfo, limit: number, flag = '--http'): void {
  const { style, phrases } = printer;
  printer.title(phrases.http, info.requestCount === 0 ? phrases.noHttp : grouped(info.requestCount));
  if (info.exchanges.length === 0) return;
  const rows = info.exchanges.slice(0, limit);
  const compared = rows.some((row) => row.differs !== undefined);
  const room = rows.some((row) => row.responseIncomplete) ? ' ' : '';
  const servers = new Set(rows.map(serverOf));
  const told = { room, server: servers.size > 1 || rows.some((row) => row.source === 'server'), compared };
  printer.lines(
    table(
      style,
      compared ? [...HEADS.map(lessTimes), OTHER[rows[0]!.source], DIFFERS] : HEADS,
      rows.map((row) => cells(row, told, style)),
    ),
  );
  if (room !== '' || rows.some((row) => row.requestIncomplete)) printer.hanging(`  ${MARK} `, phrases.incompleteNote);
  const left = info.requestCount - rows.length;
  if (left > 0) printer.line(`  ${phrases.more(grouped(left), limit < info.exchanges.length ? flag : '--json')}`);
}

/** `room` keeps the digits of marked and unmarked numbers in line; `server`: its end of the connection is worth a column. */
function cells(row: ExchangeRow, told: { room: string; server: boolean; compared: boolean }, style: Style): string[] {
  const { paint, glyphs } = style;
  const left = [
    row.n > 0 ? String(row.n) : '-',
    endpoint(row.client, row.cport),
    told.server ? serverOf(row) : '-',
    row.fd < 0 ? '-' : String(row.fd),
    row.module === undefined || row.module === '' ? '-' : row.module,
    (cutTo(style, tame(row.method), MOST_METHOD) || '-') + (row.requestIncomplete ? MARK : ''),
    cutTo(style, tame(row.target), MOST_TARGET) || '-',
    row.status === 0 ? '-' : row.status >= 500 ? paint.red(String(row.status)) : String(row.status),
    (row.bodyBytes < 0 || row.status === 0 ? '-' : grouped(row.bodyBytes)) + (row.responseIncomplete ? MARK : told.room),
    since(row, row.firstByteAt),
    since(row, row.lastByteAt),
    row.closedBy === '' ? '-' : row.closedBy,
  ];
  if (!told.compared) return left;
  const differs = row.differs ?? [];
  return [...left, answerText(row.other), differs.length === 0 ? '=' : paint.yellow(`${glyphs.differs} ${differs.join(', ')}`)];
}

/** How long after the request, where both were seen. */
function since({ requestAt }: ExchangeRow, at: number): string {
  return requestAt < 0 || at < 0 ? '-' : duration(at - requestAt);
}

/** `404 153 client`: status, bytes, who closed first. */
function answerText(answer: AnswerSummary | null | undefined): string {
  if (answer === null || answer === undefined || answer.status === 0) return '-';
  const bytes = answer.bodyBytes < 0 ? [] : [grouped(answer.bodyBytes)];
  return [answer.status, ...bytes, ...(answer.closedBy === undefined ? [] : [answer.closedBy])].join(' ');
}

function serverOf({ server, sport }: ExchangeRow): string {
  return server === undefined || server === '' ? '-' : endpoint(server, sport ?? 0);
}
