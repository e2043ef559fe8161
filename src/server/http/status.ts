import { statusEntry } from '../../trace/statuses.ts';

/** The reason phrase of a status (RFC 9110 §15, RFC 6585). */
export function reasonPhrase(status: number): string {
  return statusEntry(status)?.name ?? 'Unknown';
}

/** Whether a response of this status may have content (RFC 9110 §6.4.1). */
export function mayHaveContent(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
