import type { HostAddress } from '../host/config.ts';
import { MOST_FOLLOWED } from '../host/tcp/constants.ts';
import type { ExchangeLog } from '../server/http/exchange-log.ts';
import type { SocketRows } from '../server/rows.ts';
import { D, type DecisionName } from '../trace/catalogue.ts';
import type { Note } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { formatIp } from '../wire/address.ts';
import { LINK_NAMES, LinkType } from '../wire/link.ts';
import type { Comparison } from './compare/compare.ts';
import type { Candidate } from './survey/candidates.ts';
import type { ChosenHost } from './survey/hosts.ts';
import type { Survey } from './survey/survey.ts';

const CLIMBED: ReadonlySet<number> = new Set(Object.values(LinkType));
/** Addresses that a note names. */
const SHOWN = 3;

/** What is to be said before the first frame. */
export function startNotes(survey: Survey | null, chosen: ChosenHost): Note[] {
  if (survey === null) return [{ code: 'learning' }];
  const notes: Note[] = [];
  notes.push(...unclimbed(survey));
  if (chosen.how === 'none' && survey.frames > 0 && notes.length === 0) notes.push({ code: 'no_host' });
  if (chosen.how === 'given') notes.push(...absent(survey, chosen.addresses));
  if (chosen.silent.length > 0) {
    const shown = chosen.silent.slice(0, SHOWN).map(text);
    notes.push({ code: 'silent_addresses', count: chosen.silent.length, text: shown.join(', ') });
  }
  notes.push(...copyNotes(survey));
  if (survey.cut > 0) notes.push({ code: 'snaplen', count: survey.cut });
  return notes;
}

/** Segments that the capture has twice. */
export function copyNotes({ copies: { told } }: Survey): Note[] {
  return told === null ? [] : [{ code: told.routed ? 'copies_routed' : 'copies_same', count: told.count }];
}

/** Frames of link types that nothing climbs from. */
function unclimbed(survey: Survey): Note[] {
  const others = [...survey.linkTypes].filter(([type]) => !CLIMBED.has(type));
  return others.map(([type, count]) => ({ code: 'unknown_link', count, text: LINK_NAMES[type] ?? `link type ${type}` }));
}

/** Addresses that were given and are in no frame, and those that the capture is about instead. */
function absent(survey: Survey, addresses: readonly HostAddress[]): Note[] {
  const missing = addresses.filter(({ words: [w0, w1, w2, w3] }) => survey.candidates.find(w0, w1, w2, w3) === undefined);
  if (missing.length === 0) return [];
  const frames = ({ macs }: Candidate) => [...macs.values()].reduce((sum, n) => sum + n, 0);
  const there = [...survey.candidates.all].sort((a, b) => b.accepted - a.accepted || frames(b) - frames(a)).slice(0, SHOWN);
  return [{ code: 'absent_host', text: missing.map(text).join(', '), others: there.map(text).join(', ') }];
}

/** The host sends or is sent something. */
function isThere(survey: Survey | null, { addresses }: ChosenHost): boolean {
  return survey === null || addresses.some(({ words: [w0, w1, w2, w3] }) => survey.candidates.find(w0, w1, w2, w3) !== undefined);
}

function text({ family, words }: Pick<HostAddress, 'family' | 'words'>): string {
  return formatIp(family, words[0], words[1], words[2], words[3]);
}

/** What is to be said after the last frame. */
export function endNotes(
  trace: Trace,
  survey: Survey | null,
  chosen: ChosenHost,
  sockets: SocketRows,
  comparison: Comparison,
  backwards: number,
): Note[] {
  const notes: Note[] = [];
  const count = (...names: DecisionName[]): number => names.reduce((sum, name) => sum + trace.counts[D[name]]!, 0);
  const say = (code: Note['code'], n: number): void => {
    if (n > 0) notes.push({ code, count: n });
  };
  say('offload', count('tcp_checksum_offloaded', 'udp_checksum_offloaded'));
  say('fcs_present', count('nic_fcs_good', 'nic_fcs_error'));
  say('adopted', count('tcp_adopted'));
  say('clock_backwards', backwards);
  if (count('tcp_let_go') > 0) notes.push({ code: 'flows_limited', count: MOST_FOLLOWED });
  if (comparison.mute && isThere(survey, chosen)) notes.push({ code: 'no_server_frames' });
  if (comparison.deaf && !comparison.mute) notes.push({ code: 'no_client_frames' });
  say('gaps', count('tcp_capture_gap', 'tcp_ack_ahead_of_capture'));
  say('turned_back', count('icmp_observed_turned_back', 'icmpv6_observed_turned_back'));
  if (sockets.count > sockets.rows.length) notes.push({ code: 'sockets_limited', count: sockets.rows.length });
  return notes;
}

/** The table does not have all requests. */
export function exchangeNotes({ exchanges, kept }: ExchangeLog): Note[] {
  return exchanges > kept.length ? [{ code: 'exchanges_limited', count: kept.length }] : [];
}
