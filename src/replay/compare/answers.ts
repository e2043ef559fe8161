import type { ConnectionRecord, Exchange } from '../../server/http/exchange.ts';
import type { ExchangeWatch } from '../../server/http/exchange-log.ts';
import { formatIp } from '../../wire/address.ts';

/** In what our server's response is not like the captured one; none: it is the same. */
const DIFFERENCES = ['status', 'length', 'body', 'closed', 'not_answered', 'not_captured'] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** A captured exchange and ours, of the same request; one of them may be missing. */
export interface AnswerPair {
  readonly captured: Exchange | null;
  readonly server: Exchange | null;
  readonly differs: readonly Difference[];
}

/** A sum of a body: alike sums are alike bodies but for one case in 2^64 (two FNV-1a lanes of 32 bits). */
class BodySum {
  bytes = 0;
  low = 0x811c_9dc5;
  high = 0x9747_b28c;

  add(bytes: Uint8Array, start: number, end: number): void {
    let { low, high } = this;
    for (let i = start; i < end; i++) {
      low = Math.imul(low ^ bytes[i]!, 0x0100_0193);
      high = Math.imul(high ^ bytes[i]!, 0x0100_01b3) + low;
    }
    this.low = low;
    this.high = high | 0;
    this.bytes += end - start;
  }
}

/** Sums up the bodies of responses as they pass. */
export class BodySums implements ExchangeWatch {
  /** Exchanges whose bodies are summed up at one time. */
  most = 10_000;
  private readonly sums = new Map<Exchange, BodySum>();

  content(exchange: Exchange, ofResponse: boolean, bytes: Uint8Array, start: number, end: number): void {
    if (!ofResponse || start === end) return;
    let sum = this.sums.get(exchange);
    if (sum === undefined) {
      if (this.sums.size >= this.most) return;
      sum = new BodySum();
      this.sums.set(exchange, sum);
    }
    sum.add(bytes, start, end);
  }

  ended(_exchange: Exchange): void {}

  forget(exchange: Exchange): void {
    this.sums.delete(exchange);
  }

  /** The sum of the whole body, as text; null where not all of it was seen. */
  of(exchange: Exchange): string | null {
    const sum = this.sums.get(exchange);
    if (sum === undefined) return exchange.responseBytes === 0 && !exchange.responseIncomplete ? '' : null;
    return sum.bytes === exchange.responseBytes && !exchange.responseIncomplete ? `${sum.low}/${sum.high}` : null;
  }
}

/** Shows what passes to two who want to see it. */
export function watchBoth(one: ExchangeWatch, other: ExchangeWatch | null): ExchangeWatch {
  if (other === null) return one;
  return {
    content(exchange, ofResponse, bytes, start, end) {
      one.content(exchange, ofResponse, bytes, start, end);
      other.content(exchange, ofResponse, bytes, start, end);
    },
    ended(exchange) {
      one.ended(exchange);
      other.ended(exchange);
    },
  };
}

/**
 * Puts side by side what the captured server and ours answered: the first request of a connection with the first, the second with the
 * second. Connections are matched by the client's address and port, and, where those were used again, by their order.
 */
export function pairAnswers(
  captured: readonly Exchange[],
  server: readonly Exchange[],
  capturedSums: BodySums,
  serverSums: BodySums,
  clientOf: (record: ConnectionRecord) => string = clientText,
): AnswerPair[] {
  const theirs = byConnection(captured, clientOf);
  const ours = byConnection(server, clientText);
  const pairs: AnswerPair[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const left = theirs.get(key) ?? [];
    const right = ours.get(key) ?? [];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const before = left[i] ?? [];
      const now = right[i] ?? [];
      for (let k = 0; k < Math.max(before.length, now.length); k++) {
        const pair = { captured: before[k] ?? null, server: now[k] ?? null };
        const differs = differences(pair.captured, pair.server, capturedSums, serverSums);
        const isLast = k === Math.max(before.length, now.length) - 1;
        if (isLast && closesOtherwise(pair.captured, pair.server)) differs.push('closed');
        pairs.push({ ...pair, differs });
      }
    }
  }
  return pairs.sort((a, b) => frameOf(a) - frameOf(b));
}

function differences(
  captured: Exchange | null,
  server: Exchange | null,
  capturedSums: BodySums,
  serverSums: BodySums,
): Difference[] {
  const theirs = captured === null ? 0 : captured.status;
  const ours = server === null ? 0 : server.status;
  if (theirs === 0 && ours === 0) return [];
  if (ours === 0) return ['not_answered'];
  if (theirs === 0) return ['not_captured'];
  const found: Difference[] = [];
  if (theirs !== ours) found.push('status');
  // how long a response was that the capture does not hold to its end is not known
  if (!captured!.responseIncomplete && !server!.responseIncomplete) {
    if (captured!.responseBytes !== server!.responseBytes) found.push('length');
    else if (differs(capturedSums.of(captured!), serverSums.of(server!))) found.push('body');
  }
  return found;
}

/** Who of client and server closes first is not the same; not said where the capture does not show it. */
function closesOtherwise(captured: Exchange | null, server: Exchange | null): boolean {
  if (captured === null || server === null || captured.connection.closedBy === '') return false;
  return captured.connection.closedBy !== server.connection.closedBy;
}

function differs(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}

function frameOf({ captured, server }: AnswerPair): number {
  return (server ?? captured)!.requestFrame;
}

/** Lists of each client's connections, each a list of its exchanges in order. */
export function byConnection(
  exchanges: readonly Exchange[],
  nameOf: (record: ConnectionRecord) => string,
): Map<string, Exchange[][]> {
  const connections = new Map<ConnectionRecord, Exchange[]>();
  const clients = new Map<string, Exchange[][]>();
  for (const exchange of exchanges) {
    if (exchange.unsolicited) continue;
    const there = connections.get(exchange.connection);
    if (there !== undefined) {
      there.push(exchange);
      continue;
    }
    const list = [exchange];
    connections.set(exchange.connection, list);
    const name = nameOf(exchange.connection);
    const before = clients.get(name);
    if (before === undefined) clients.set(name, [list]);
    else before.push(list);
  }
  return clients;
}

/** Which client's connection it was, and to which port. */
export type ClientEnd = Pick<
  ConnectionRecord,
  'family' | 'client0' | 'client1' | 'client2' | 'client3' | 'clientPort' | 'serverPort'
>;

export function clientText({ family, client0, client1, client2, client3, clientPort, serverPort }: ClientEnd): string {
  return `${formatIp(family === 6 ? 6 : 4, client0, client1, client2, client3)} ${clientPort} ${serverPort}`;
}
