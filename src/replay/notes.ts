import type { Capture } from '../capture/capture.ts';
import { MOST_FOLLOWED } from '../host/tcp/constants.ts';
import type { ExchangeLog } from '../server/http/exchange-log.ts';
import type { SocketRows } from '../server/rows.ts';
import { D, type DecisionName } from '../trace/catalogue.ts';
import type { Note } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { formatIp } from '../wire/address.ts';
import type { Comparison } from './compare.ts';
import type { ChosenHost } from './hosts.ts';
import type { Survey } from './survey.ts';

const SILENT_SHOWN = 3;

/** What is to be said before the first frame. */
export function startNotes(survey: Survey | null, chosen: ChosenHost): Note[] {
  if (survey === null) return [{ code: 'learning' }];
  const notes: Note[] = [];
  if (chosen.how === 'none' && survey.frames > 0) notes.push({ code: 'no_host' });
  if (chosen.silent.length > 0) {
    const shown = chosen.silent
      .slice(0, SILENT_SHOWN)
      .map(({ family, words }) => formatIp(family, words[0], words[1], words[2], words[3]));
    notes.push({ code: 'silent_addresses', count: chosen.silent.length, text: shown.join(', ') });
  }
  if (survey.cut > 0) notes.push({ code: 'snaplen', count: survey.cut });
  return notes;
}

/** What is to be said after the last frame. */
export function endNotes(
  trace: Trace,
  capture: Capture,
  sockets: SocketRows,
  log: ExchangeLog,
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
  if (comparison.mute && capture.frameCount > 0) notes.push({ code: 'no_server_frames' });
  if (sockets.count > sockets.rows.length) notes.push({ code: 'sockets_limited', count: sockets.rows.length });
  if (log.exchanges > log.kept.length) notes.push({ code: 'exchanges_limited', count: log.kept.length });
  return notes;
}
