import type { EndInfo, ExchangeRow } from '../trace/run.ts';
import { duration, grouped } from './layout.ts';
import { endpoint } from './packet-line.ts';
import type { Printer } from './printer.ts';
import { table } from './table.ts';

/** Requests and their responses, in order: who asked what, what came back, after how long. */
export function printHttp(printer: Printer, info: EndInfo, limit: number, flag = '--http'): void {
  const { style, phrases } = printer;
  printer.title(phrases.http, info.requestCount === 0 ? phrases.noHttp : grouped(info.requestCount));
  if (info.exchanges.length === 0) return;
  const heads = [
    { head: '#', right: true },
    { head: 'Client', flexible: true },
    { head: 'fd', right: true, optional: true },
    { head: 'Method' },
    { head: 'Target', flexible: true },
    { head: 'Status', right: true },
    { head: 'Bytes', right: true },
    { head: 'TTFB', right: true },
    { head: 'Total', right: true, optional: true },
    { head: 'Closed first', optional: true },
  ];
  const rows = info.exchanges.slice(0, limit);
  printer.lines(
    table(
      style,
      heads,
      rows.map((row) => cells(row, style.paint.red)),
    ),
  );
  const left = info.requestCount - rows.length;
  if (left > 0) printer.line(`  ${phrases.more(grouped(left), limit < info.exchanges.length ? flag : '--json')}`);
}

function cells(row: ExchangeRow, alarm: (text: string) => string): string[] {
  return [
    String(row.n),
    endpoint(row.client, row.cport),
    row.fd < 0 ? '-' : String(row.fd),
    row.method,
    row.target,
    row.status === 0 ? '-' : row.status >= 500 ? alarm(String(row.status)) : String(row.status),
    row.bodyBytes < 0 || row.status === 0 ? '-' : grouped(row.bodyBytes),
    row.firstByteAt < 0 ? '-' : duration(row.firstByteAt - row.requestAt),
    row.lastByteAt < 0 ? '-' : duration(row.lastByteAt - row.requestAt),
    row.closedBy === '' ? '-' : row.closedBy,
  ];
}
