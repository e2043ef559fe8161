import { D } from '../../trace/catalogue.ts';

/** Why a request is not read on, and what is answered. `decision` is recorded with the descriptor and a number. */
export interface Refusal {
  readonly status: number;
  readonly decision: number;
}

/** What a server refuses before it asks what a request is for. */
export const Refused = {
  startLine: { status: 400, decision: D.http_start_line_refused },
  target: { status: 400, decision: D.http_target_refused },
  methodTooLong: { status: 501, decision: D.http_method_unknown },
  connect: { status: 501, decision: D.http_connect_refused },
  targetTooLong: { status: 414, decision: D.http_target_too_long },
  version: { status: 505, decision: D.http_version_refused },
  lineEnd: { status: 400, decision: D.http_line_end_refused },
  fold: { status: 400, decision: D.http_fold_refused },
  fieldSpace: { status: 400, decision: D.http_field_space_refused },
  field: { status: 400, decision: D.http_field_refused },
  control: { status: 400, decision: D.http_control_refused },
  fieldsTooLarge: { status: 431, decision: D.http_head_too_large },
  tooManyFields: { status: 431, decision: D.http_too_many_fields },
  length: { status: 400, decision: D.http_length_refused },
  coding: { status: 400, decision: D.http_coding_refused },
  codingUnknown: { status: 501, decision: D.http_coding_unknown },
  codingInOld: { status: 400, decision: D.http_coding_in_http10 },
  bothLengths: { status: 400, decision: D.http_both_lengths_refused },
  host: { status: 400, decision: D.http_host_refused },
  hostValue: { status: 400, decision: D.http_host_value_refused },
  expectation: { status: 417, decision: D.http_expectation_refused },
  bodyTooLarge: { status: 413, decision: D.http_body_too_large },
  noRoom: { status: 503, decision: D.http_no_room },
  chunk: { status: 400, decision: D.http_chunk_refused },
  chunkExtension: { status: 400, decision: D.http_chunk_extension_refused },
  cut: { status: 400, decision: D.http_hole },
  headTime: { status: 408, decision: D.http_head_timeout },
  bodyTime: { status: 408, decision: D.http_body_timeout },
} as const satisfies Record<string, Refusal>;
