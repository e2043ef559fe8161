import { CapturedServer } from '../../src/server/captured/server.ts';
import type { Exchange } from '../../src/server/http/exchange.ts';
import { Trace } from '../../src/trace/trace.ts';
import { recorded } from './decisions.ts';
import { FakeListener, type FakeSocket } from './fake-socket.ts';

/**
 * What happens to a connection, one activity each: the client (`c`) or the captured server (`s`) sends bytes and loses some. What `waits` the
 * program is not told of.
 */
export type Act =
  | { readonly c: string | Uint8Array; readonly missing?: number; readonly waits?: boolean }
  | { readonly s: string | Uint8Array; readonly missing?: number }
  | 'client closes'
  | 'server closes'
  | 'both closed'
  | 'client resets'
  | 'trace ends';

export interface Outcome {
  /** Decisions of each act. */
  readonly decisions: string[][];
  readonly exchanges: string[];
  readonly server: CapturedServer;
  readonly trace: Trace;
}

/** Plays one connection against the captured server; frames count from 1 (the accept), time is 1000 times the frame. */
export function play(acts: readonly Act[], adopted = false): Outcome {
  const trace = new Trace();
  const server = new CapturedServer(trace);
  const listener = new FakeListener(server);
  let frame = 0;
  const next = (): void => {
    frame++;
    trace.begin(frame * 1000, frame);
  };
  next();
  const socket = listener.connect();
  socket.adopted = adopted;
  const decisions: string[][] = [];
  for (const act of acts) {
    next();
    perform(act, socket, server);
    decisions.push(recorded(trace));
  }
  return { decisions, exchanges: server.log.kept.map(summary), server, trace };
}

function perform(act: Act, socket: FakeSocket, server: CapturedServer): void {
  if (act === 'client closes') socket.arriveEnd();
  else if (act === 'server closes') server.observedEnd(socket);
  else if (act === 'both closed') socket.end('closed');
  else if (act === 'client resets') socket.end('peer_reset');
  else if (act === 'trace ends') server.finish();
  else if ('c' in act && act.waits === true) socket.put(act.c, act.missing);
  else if ('c' in act) socket.arrive(act.c, act.missing);
  else socket.serverWrites(act.s, act.missing);
}

/** An exchange in one line. */
export function summary(exchange: Exchange): string {
  const flags = [
    exchange.requestBad && 'bad',
    exchange.requestCut && 'cut',
    exchange.unsolicited && 'unsolicited',
    exchange.noResponse && 'no response',
    exchange.responseIncomplete && 'incomplete',
    exchange.tunnel && 'tunnel',
    exchange.interim > 0 && `interim ${exchange.interim}`,
  ].filter((flag) => flag !== false);
  const request = `${exchange.method} ${exchange.target} ${exchange.version} ${exchange.requestBytes}`;
  return `${request} -> ${exchange.status} ${exchange.responseBytes}${flags.length > 0 ? ` (${flags.join(', ')})` : ''}`;
}
