import { NAMES } from '../trace/catalogue.ts';
import type { ResponseEvent, TraceEvent } from '../trace/events.ts';
import type { Exchange } from './http/exchange.ts';

/** Tells of a request whose head is there. */
export function pushRequest(events: TraceEvent[], exchange: Exchange, fd: number): void {
  const { module } = exchange.connection;
  events.push({
    type: 'request',
    time: exchange.requestTime,
    n: exchange.requestFrame,
    fd,
    method: exchange.method,
    target: exchange.target,
    version: exchange.version,
    ...(exchange.host === '' ? null : { host: exchange.host }),
    ...(module < 0 ? null : { module }),
    ...(exchange.requestCut ? { cut: true } : null),
    ...(exchange.requestBad ? { bad: true } : null),
  });
}

/** Tells of a response with a status below 200, behind which the final one comes. */
export function pushInterim(events: TraceEvent[], response: Omit<ResponseEvent, 'type' | 'bodyBytes'>): void {
  events.push({ type: 'response', ...response, bodyBytes: 0 });
}

/** Tells of a 100 of ours. */
export function pushContinue(events: TraceEvent[], exchange: Exchange, time: number, n: number): void {
  const { fd, module } = exchange.connection;
  const times = { time, n, endTime: time, endN: n, requestN: exchange.requestFrame };
  pushInterim(events, { ...times, fd, status: 100, version: '1.1', source: 'server', module, why: 'http_continue' });
}

/** Tells of a response that is complete, or of which no more will come. */
export function pushResponse(events: TraceEvent[], exchange: Exchange, fd: number, source: 'captured' | 'server'): void {
  const { module } = exchange.connection;
  events.push({
    type: 'response',
    time: exchange.firstTime,
    n: exchange.firstFrame,
    endTime: exchange.lastTime,
    endN: exchange.lastFrame,
    requestN: exchange.requestFrame,
    fd,
    status: exchange.status,
    bodyBytes: exchange.responseBytes,
    source,
    ...(exchange.reason === '' ? null : { reason: exchange.reason }),
    ...(exchange.responseVersion === '' ? null : { version: exchange.responseVersion }),
    ...(exchange.contentType === '' ? null : { contentType: exchange.contentType }),
    ...(module < 0 ? null : { module }),
    ...(exchange.responseIncomplete ? { incomplete: true } : null),
    ...(exchange.error === '' ? null : { error: exchange.error }),
    ...(exchange.why < 0 ? null : { why: NAMES[exchange.why]! }),
  });
}
