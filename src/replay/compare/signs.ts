import { CATALOGUE, D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';

/** What a decision tells of replies that are owed, as bits. */
export const Sign = {
  /** About a segment that the client would not have sent, had it seen the reply. */
  repeated: 1,
  /** The client has seen the SYN-ACK. */
  wentOn: 2,
  /** What the server sent was damaged on its way to the capture. */
  damaged: 4,
  reset: 8,
  /** The server took the data of the SYN. */
  fastOpen: 16,
} as const;

const SIGNS = new Uint8Array(CATALOGUE.length);
for (const id of [
  D.tcp_dup_syn,
  D.tcp_rfc_dup_syn,
  D.tcp_old_data,
  D.tcp_old_sequence,
  D.tcp_rfc_old_segment,
  D.tcp_partly_old,
  D.tcp_tw_fin,
  D.tcp_tw_data,
]) {
  SIGNS[id] = Sign.repeated;
}
SIGNS[D.tcp_handshake_complete] = Sign.wentOn;
SIGNS[D.tcp_observed_checksum_bad] = Sign.damaged;
SIGNS[D.tcp_observed_rst] = Sign.reset;
SIGNS[D.tcp_fast_open] = Sign.fastOpen;

/** Has a decision of this activity the sign? */
export function hasSign({ ids, length }: Trace, sign: number): boolean {
  for (let i = 0; i < length; i++) if ((SIGNS[ids[i]!]! & sign) !== 0) return true;
  return false;
}
