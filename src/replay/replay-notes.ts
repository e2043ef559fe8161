import type { Host } from '../host/host.ts';
import type { SocketRows } from '../server/rows.ts';
import { D } from '../trace/catalogue.ts';
import type { Note } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { formatMac } from '../wire/address.ts';
import type { AnswerPairs } from './compare/answer-pairs.ts';
import { addressText, listening } from './endings.ts';
import { copyNotes } from './notes.ts';
import type { AddressPlan } from './rewrite/address-plan.ts';
import type { RewriteCounts } from './rewrite/rewriter.ts';
import type { ChosenHost } from './survey/hosts.ts';
import type { Survey } from './survey/survey.ts';

/** Addresses and ports that a note names. */
const NAMED = 4;
const SECOND = 1_000_000_000;

/** What is to be said before the first frame: what was changed so that the client's frames come to our host, and what will find nobody. */
export function startingNotes(survey: Survey, chosen: ChosenHost, plan: AddressPlan, host: Host): Note[] {
  const notes: Note[] = [];
  if (chosen.how === 'none' && survey.frames > 0) notes.push({ code: 'no_host' });
  const changes = plan.servers.map(
    ({ family, from, to }) => `${addressText({ family, words: from })} → ${addressText({ family, words: to })}`,
  );
  for (const { family, from, to, conflicts } of plan.clients)
    if (conflicts) changes.push(`${addressText({ family, words: from })} (a client) → ${addressText({ family, words: to })}`);
  const mac = plan.macs[0];
  if (mac !== undefined && (mac.high !== plan.mac.high || mac.low !== plan.mac.low))
    changes.push(`${formatMac(mac.high, mac.low)} → ${formatMac(plan.mac.high, plan.mac.low)}`);
  if (changes.length > 0) notes.push({ code: 'replay_host', text: listed(changes) });
  notes.push(...copyNotes(survey));
  const unserved = unservedPorts(survey, chosen, host);
  if (unserved.length > 0) notes.push({ code: 'replay_ports', text: listed(unserved) });
  for (const { listener, error } of host.refused)
    notes.push({ code: 'not_opened', text: `${listener.protocol}/${listener.port}`, others: error });
  return notes;
}

/** Ports on which the captured server accepted or answered, and ours has no socket. */
function unservedPorts(survey: Survey, chosen: ChosenHost, host: Host): string[] {
  const ours = new Set(listening(host));
  const missing = new Set<string>();
  for (const { address, port, protocol, accepted, answered, presumed } of survey.servers.endpoints.values()) {
    const serves = protocol === 'tcp' ? accepted > 0 || answered || presumed : answered;
    const isHosts = chosen.addresses.some(({ words }) => words.join() === address.words.join());
    if (serves && isHosts && !ours.has(`${protocol}/${port}`)) missing.add(`${protocol}/${port}`);
  }
  return [...missing];
}

function listed(names: readonly string[]): string {
  return names.length <= NAMED ? names.join(', ') : `${names.slice(0, NAMED).join(', ')} …`;
}

export interface Tallied {
  readonly acks: number;
  readonly rewritten: RewriteCounts;
  readonly backwards: number;
  readonly unsent: number;
  /** Nanoseconds between the last frame and the last timer's work. */
  readonly after: number;
  readonly mute: boolean;
  readonly sockets: SocketRows;
  readonly answers: AnswerPairs;
  readonly failures: readonly string[];
}

/** What is to be said after the last frame. `captured`: of the host that followed the captured server. */
export function replayNotes(captured: Trace, told: Tallied): Note[] {
  const notes: Note[] = [];
  const say = (code: Note['code'], count: number): void => {
    if (count > 0) notes.push({ code, count });
  };
  const { rewritten, sockets, answers } = told;
  say('replay_midstream', captured.counts[D.tcp_adopted]!);
  say('replay_acks', told.acks);
  say('replay_completed', rewritten.completed);
  say('replay_padded', rewritten.padded);
  say('replay_relinked', rewritten.relinked);
  say('replay_unsent', told.unsent);
  say('clock_backwards', told.backwards);
  if (told.after > 0) notes.push({ code: 'replay_after', text: `${(told.after / SECOND).toFixed(1)} s` });
  if (told.mute) notes.push({ code: 'no_server_frames' });
  if (sockets.count > sockets.rows.length) notes.push({ code: 'sockets_limited', count: sockets.rows.length });
  notes.push(...answers.notes);
  for (const text of new Set(told.failures)) notes.push({ code: 'other', text });
  return notes;
}
