import type { AnswerSummary, ComparisonEvent, RequestEvent, SentSummary, TraceEvent } from '../../trace/events.ts';
import { tame } from './layout.ts';
import { moduleText } from './module-words.ts';
import { icmpName } from './names.ts';
import { endpoint } from './packet-line.ts';
import type { Phrases } from './phrases.ts';

/** `accept 10.0.0.2:51234 socket 4 ESTABLISHED`, `GET /index.html HTTP/1.1`: one event, told in a line. */
export function eventText(event: TraceEvent, phrases: Phrases): string {
  switch (event.type) {
    case 'socket': {
      const peer = event.peer === undefined ? endpoint(event.local, event.lport) : endpoint(event.peer, event.pport ?? 0);
      const fd = event.fd < 0 ? '' : ` fd ${event.fd}`;
      const module =
        event.module === undefined ? '' : ` ${moduleText(`#${event.module}`, event.handOver, event.served, phrases)}`;
      return `socket ${event.event}${fd} ${peer} ${event.state}${module}`;
    }
    case 'request':
      return `fd ${event.fd} ${requestText(event, phrases)}`;
    case 'response': {
      const size = event.bodyBytes < 0 ? '' : ` ${phrases.bytes(String(event.bodyBytes))}`;
      const error = event.error === undefined ? '' : `: ${tame(event.error)}`;
      return `fd ${event.fd} ${event.status}${size} (${event.source}${event.incomplete ? `, ${phrases.incomplete}` : ''})${error}`;
    }
    case 'comparison':
      return comparisonText(event, phrases);
    case 'divergence':
      return `${event.n > 0 ? `#${event.n} ` : ''}${event.kind}: ${divergenceText(event.expected, event.captured, phrases)}`;
  }
}

/** `GET / 404 153 bytes; captured: 200 6 bytes (status, length)`. */
function comparisonText({ method, target, server, captured, differs }: ComparisonEvent, phrases: Phrases): string {
  const side = (answer: AnswerSummary | null): string => {
    if (answer === null || answer.status === 0) return phrases.nothing;
    return answer.bodyBytes < 0 ? String(answer.status) : `${answer.status} ${phrases.bytes(String(answer.bodyBytes))}`;
  };
  const how = differs.length === 0 ? '' : ` (${differs.join(', ')})`;
  return `${tame(`${method} ${target}`)} ${side(server)}${phrases.semicolon}${phrases.captured}${phrases.colon}${side(captured)}${how}`;
}

/** `GET /index.html HTTP/1.1`, as far as it could be read. */
function requestText({ method, target, version, cut, bad }: RequestEvent, phrases: Phrases): string {
  const words = [method, target, version === '' ? '' : `HTTP/${version}`].filter((word) => word !== '');
  const flaws = [cut ? phrases.cut : '', bad ? phrases.bad : ''].filter((flaw) => flaw !== '');
  if (flaws.length > 0) words.push(`(${flaws.join(', ')})`);
  return tame(words.join(' '));
}

/** Both sides of a divergence. */
export function divergenceText(expected: SentSummary | null, captured: SentSummary | null, phrases: Phrases): string {
  const { ourHost, colon, semicolon } = phrases;
  return `${ourHost}${colon}${sideText(expected, phrases)}${semicolon}${phrases.captured}${colon}${sideText(captured, phrases)}`;
}

function sideText(side: SentSummary | null, phrases: Phrases): string {
  if (side === null) return phrases.nothing;
  const words = [side.proto.toUpperCase()];
  if (side.flags !== undefined) words.push(side.flags || phrases.noFlags);
  if (side.seq !== undefined) words.push(`seq ${side.seq}`);
  if (side.ack !== undefined) words.push(`ack ${side.ack}`);
  if (side.abs) words.push(phrases.absolute);
  if (side.type !== undefined) words.push(icmpName(side.proto === 'icmpv6' ? 6 : 4, side.type, side.code ?? 0));
  if (side.why !== undefined) words.push(`(${side.why})`);
  return words.join(' ');
}
