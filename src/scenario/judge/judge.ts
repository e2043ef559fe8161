import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import { type Decision, Effect } from '../../trace/decision.ts';
import { STATE_NAMES } from '../../trace/state.ts';
import type { About, OpenStep, Ports } from '../play/open-step.ts';
import type { World } from '../play/world.ts';
import { asksForMac, type Matcher } from '../record/matcher.ts';
import type { Snapshot } from '../record/snapshot.ts';
import type { StepRecord } from '../record/step-record.ts';
import type { Bounds, ExpectHttp } from '../tree/script.ts';
import { durationText, replyText } from './actual-text.ts';

/** What came of one expectation. */
export interface Judgement {
  readonly ok: boolean;
  readonly actual: string;
  /** What to show where it failed. */
  readonly shown: Snapshot | null;
}

const MOST_SHOWN = 6;

/** Judges one expectation of a step that has settled. `portsOf`: the ends of a connection that is named. */
export function judge(
  matcher: Matcher,
  { record, ports, connection, flow, responsesBefore }: OpenStep,
  world: World,
  portsOf: (name: string) => Ports | undefined,
): Judgement {
  const e = matcher.expectation;
  const shown = record.seen.find(({ frame }) => frame !== null) ?? record.seen[0] ?? null;
  const tell = (ok: boolean, actual: string): Judgement => ({ ok, actual, shown: ok ? null : shown });
  switch (e.type) {
    case 'drop':
    case 'verdict':
      return tell(matcher.met, verdictsText(record));
    case 'decision':
      return tell(e.no ? !matcher.broken : matcher.met, decisionsText(record));
    case 'no_reply':
      return tell(!matcher.broken, repliesText(record));
    case 'socket': {
      const asked = e.connection === undefined ? ports : portsOf(e.connection);
      const state = asked === null || asked === undefined ? 'no connection' : stateOf(world, asked);
      return tell(state === e.state, state);
    }
    case 'http':
      return http(e, matcher.wanted, { ports, connection, flow, responsesBefore }, tell);
    case 'count': {
      const count = e.verdict === 'reply' ? record.replies : (record.verdicts.get(e.verdict) ?? 0);
      return tell(isWithin(count, e.count), String(count));
    }
    case 'reason': {
      const count = record.reasons.get(e.reason) ?? 0;
      return tell(isWithin(count, e.count), String(count));
    }
    case 'within': {
      const took = momentOf(record, connection?.responses.doneAt ?? -1) - record.begun;
      return tell(took <= e.duration, durationText(took));
    }
    default:
      return tell(matcher.met, repliesText(record));
  }
}

/** Judges an expectation at the margin: of the run so far. */
export function judgeRun(
  matcher: Matcher,
  open: OpenStep,
  world: World,
  portsOf: (name: string) => Ports | undefined,
): Judgement {
  const e = matcher.expectation;
  const tell = (ok: boolean, actual: string): Judgement => ({ ok, actual, shown: null });
  switch (e.type) {
    case 'count': {
      const count = e.verdict === 'reply' ? world.ledger.replies : world.ledger.verdicts(Effect[e.verdict]);
      return tell(isWithin(count, e.count), String(count));
    }
    case 'reason': {
      const count = countOf(world, ({ reason }) => reason === e.reason);
      return tell(isWithin(count, e.count), String(count));
    }
    case 'drop': {
      const count = countOf(world, ({ effect, layer, reason }) => effect === 'drop' && layer === e.layer && reason === e.reason);
      return tell(count > 0, count > 0 ? expectedDrop(e.layer, e.reason) : 'no such drop');
    }
    case 'verdict': {
      const count = world.ledger.verdicts(Effect[e.verdict]);
      return tell(count > 0, `${count} of ${world.wire.frames}`);
    }
    case 'decision': {
      const taken = world.trace.counts[NAMES.indexOf(e.name as never)] ?? 0;
      return tell(e.no ? taken === 0 : taken > 0, `taken ${taken} times`);
    }
    case 'within':
      return tell(world.now <= e.duration, durationText(world.now));
    default:
      return judge(matcher, open, world, portsOf);
  }
}

/** When the last of the step's other expectations came true; where none of them has a moment, when the step had settled. */
function momentOf({ matchers, last }: StepRecord, respondedAt: number): number {
  let moment = -1;
  for (const { metAt, expectation } of matchers) {
    moment = Math.max(moment, expectation.type === 'http' ? respondedAt : metAt);
  }
  return moment < 0 ? last : moment;
}

function expectedDrop(layer: string, reason: string): string {
  return `drop ${layer} ${reason}`;
}

function countOf(world: World, fits: (decision: Decision) => boolean): number {
  let sum = 0;
  for (let id = 0; id < world.ledger.finals.length; id++) if (fits(CATALOGUE[id] as Decision)) sum += world.ledger.finals[id]!;
  return sum;
}

/** Is the count one that the script allows? No `max`: any from `min` on. */
export function isWithin(count: number, { min, max }: Bounds): boolean {
  return count >= min && (max === undefined || count <= max);
}

/** CLOSED: the server has no such socket, or has it no more. */
function stateOf(world: World, { family, server, serverPort, client, clientPort }: Ports): string {
  const socket = world.serverSocket(family, server, serverPort, client, clientPort);
  return socket === null ? 'CLOSED' : STATE_NAMES[socket.state]!;
}

function http(
  e: ExpectHttp,
  wanted: Uint8Array,
  { connection, flow, responsesBefore }: About,
  tell: (ok: boolean, actual: string) => Judgement,
): Judgement {
  const responses = connection?.responses ?? (flow !== null && flow.done > 0 ? flow.responses : null);
  if (responses === null || responses.done <= responsesBefore) return tell(false, 'no response');
  const { status } = responses;
  if (e.body === undefined) return tell(status === e.status, `http ${status}`);
  const { body } = responses;
  const readable = Buffer.from(body, 'latin1').toString('utf8');
  const start = readable.length > 60 ? `${readable.slice(0, 60)}…` : readable;
  return tell(
    status === e.status && body.includes(Buffer.from(wanted).toString('latin1')),
    `http ${status} ${JSON.stringify(start)}`,
  );
}

function verdictsText(record: StepRecord): string {
  if (record.frames === 0) return 'no frame of it reached the server';
  const drops = record.seen.flatMap(({ trace, frame }) => {
    const decision = frame === null || trace.final < 0 ? null : (CATALOGUE[trace.final] as Decision);
    return decision?.effect === 'drop' ? [expectedDrop(decision.layer, decision.reason ?? '')] : [];
  });
  const verdicts = [...record.verdicts].map(([verdict, count]) => {
    const what = verdict === 'drop' && drops.length > 0 ? [...new Set(drops)].join(' and ') : verdict;
    return count > 1 ? `${what} (${count})` : what;
  });
  return verdicts.join(', ');
}

function decisionsText({ seen }: StepRecord): string {
  if (seen.length === 0) return 'nothing was decided';
  const names = seen.flatMap(({ trace }) => Array.from(trace.ids.subarray(0, trace.length), (id) => NAMES[id]!));
  const own = [...new Set(names)];
  return own.length > MOST_SHOWN ? `… ${own.slice(-MOST_SHOWN).join(', ')}` : own.join(', ');
}

function repliesText({ seen }: StepRecord): string {
  const replies = seen.flatMap(({ trace }) =>
    trace.transmissions.slice(0, trace.transmissionCount).flatMap((t) => (asksForMac(t) ? [] : [replyText(t)])),
  );
  if (replies.length === 0) return 'no reply';
  return replies.length > MOST_SHOWN ? `${replies.slice(0, MOST_SHOWN).join('; ')} …` : replies.join('; ');
}
