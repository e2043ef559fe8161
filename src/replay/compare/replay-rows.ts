import type { Exchange } from '../../server/http/exchange.ts';
import { exchangeRow } from '../../server/rows.ts';
import type { AnswerSummary, ComparisonEvent } from '../../trace/events.ts';
import type { ExchangeRow } from '../../trace/run.ts';
import type { AnswerPair } from './answers.ts';

/** Our exchange with the captured one beside it; where our server was never asked, what the client wanted. */
export function answerRow({ captured, server, differs }: AnswerPair): ExchangeRow {
  const beside = { other: captured === null ? null : summary(captured), differs };
  if (server !== null) return { ...exchangeRow(server), source: 'server', ...beside };
  const unasked = exchangeRow(captured!);
  const nothing = {
    status: 0,
    bodyBytes: -1,
    responseIncomplete: false,
    firstByteAt: -1,
    lastByteAt: -1,
    closedBy: '',
    fd: -1,
    module: '',
  } as const;
  return { ...unasked, ...nothing, source: 'server', ...beside };
}

/** The captured exchange with ours beside it. */
export function capturedRow({ captured, server, differs }: AnswerPair): ExchangeRow {
  return { ...exchangeRow(captured!), other: server === null ? null : summary(server), differs };
}

export function comparisonEvent({ captured, server, differs }: AnswerPair, time: number): ComparisonEvent {
  const asked = (server ?? captured)!;
  return {
    type: 'comparison',
    time,
    n: asked.requestFrame,
    fd: server === null ? -1 : server.connection.fd,
    method: asked.method,
    target: asked.target,
    differs,
    server: server === null || server.status === 0 ? null : summary(server),
    captured: captured === null || captured.status === 0 ? null : summary(captured),
  };
}

/** Counts `same`, `neither` (nobody answered), and how many differ in what; one answer may differ in several ways. */
export function countAnswers(pairs: readonly AnswerPair[], counts: Map<string, number>): void {
  const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { captured, server, differs } of pairs) {
    if (differs.length === 0) count(isSilent(captured) && isSilent(server) ? 'neither' : 'same');
    for (const difference of differs) count(difference);
  }
}

function isSilent(exchange: Exchange | null): boolean {
  return exchange === null || exchange.status === 0;
}

function summary(exchange: Exchange): AnswerSummary {
  const { status, responseBytes, connection } = exchange;
  const closed = connection.closedBy === '' ? null : { closedBy: connection.closedBy };
  return { status, bodyBytes: status === 0 ? -1 : responseBytes, ...closed };
}
