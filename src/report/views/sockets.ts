import type { EndInfo, SocketRow } from '../../trace/run.ts';
import type { Printer } from '../terminal/printer.ts';
import { table } from '../terminal/table.ts';
import { grouped } from '../words/layout.ts';
import { moduleText, poolText } from '../words/module-words.ts';
import { endpoint } from '../words/packet-line.ts';
import type { Phrases } from '../words/phrases.ts';

/** `ss` writes some states shorter than the kernel does. */
const SS_STATES: Readonly<Record<string, string>> = {
  ESTABLISHED: 'ESTAB',
  SYN_SENT: 'SYN-SENT',
  SYN_RECV: 'SYN-RECV',
  FIN_WAIT1: 'FIN-WAIT-1',
  FIN_WAIT2: 'FIN-WAIT-2',
  TIME_WAIT: 'TIME-WAIT',
  CLOSE_WAIT: 'CLOSE-WAIT',
  LAST_ACK: 'LAST-ACK',
};

/** The socket table with the columns of `ss -tan`, then what ss does not know: descriptor, requests, who closed, which module serves it. */
export function printSockets(printer: Printer, info: EndInfo, limit: number, flag = '--sockets'): void {
  const { style, phrases } = printer;
  printer.title(phrases.sockets, info.socketCount === 0 ? phrases.noSockets : String(info.socketCount));
  if (info.sockets.length === 0) return;
  const heads = [
    { head: 'Netid' },
    { head: 'State' },
    { head: 'Recv-Q', right: true },
    { head: 'Send-Q', right: true },
    { head: 'Local Address:Port', flexible: true },
    { head: 'Peer Address:Port', flexible: true },
    { head: 'fd', right: true },
    { head: 'Requests', right: true },
    { head: 'Closed by', optional: true },
    { head: 'Module', flexible: true, optional: true },
  ];
  const waiting = (row: SocketRow) => row.pport === 0;
  const rows = [...info.sockets.filter(waiting), ...info.sockets.filter((row) => !waiting(row))];
  const shown = rows.slice(0, limit);
  printer.lines(
    table(
      style,
      heads,
      shown.map((row) => cells(row, phrases)),
    ),
  );
  if (shown.some((row) => row.adopted)) printer.hanging('  * ', phrases.adoptedNote);
  if (shown.some(isGone)) printer.hanging('  ', phrases.goneNote);
  const left = info.socketCount - Math.min(limit, info.sockets.length);
  if (left > 0) printer.line(`  ${phrases.more(grouped(left), limit < info.sockets.length ? flag : '--json')}`);
}

function cells(row: SocketRow, phrases: Phrases): string[] {
  const closed =
    row.closedBy === ''
      ? row.ending
      : row.ending === '' || row.ending === 'closed'
        ? row.closedBy
        : `${row.closedBy} (${row.ending})`;
  return [
    row.proto,
    stateText(row) + (row.adopted ? '*' : ''),
    String(row.recvQ),
    String(row.sendQ),
    half(row.local, row.lport),
    half(row.peer, row.pport),
    row.fd < 0 ? '-' : String(row.fd),
    row.state === 'LISTEN' ? '-' : String(row.requests),
    closed === '' ? '-' : closed,
    moduleCell(row, phrases),
  ];
}

function moduleCell({ pool, module, handOver, served }: SocketRow, phrases: Phrases): string {
  if (pool !== undefined) return poolText(pool, phrases);
  return module === '' ? '-' : moduleText(module, handOver, served, phrases);
}

function stateText(row: SocketRow): string {
  const state = SS_STATES[row.state] ?? row.state;
  return isGone(row) ? `(${state})` : state;
}

function isGone(row: SocketRow): boolean {
  return row.ending !== '';
}

/** `*:80` for any address, `*:*` without a peer, as ss does. */
function half(address: string, port: number): string {
  if (address === '') return port === 0 ? '*:*' : `*:${port}`;
  return endpoint(address, port);
}
