import type { HostContext } from '../context.ts';

const DAY = 86_400_000;

/** Milliseconds since midnight UT (RFC 792, RFC 791 §3.1). */
export function timeOfDay(context: HostContext): number {
  const time = (context.config.timeOfDay ?? 0) + Math.floor(context.now / 1_000_000);
  return ((time % DAY) + DAY) % DAY;
}
