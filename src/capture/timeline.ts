const SECOND = 1_000_000_000n;

/** Frame times are nanoseconds after the first frame that has a time; the readers of one trace share its timeline. */
export class Timeline {
  /** Nanoseconds since 1970-01-01 00:00:00 UTC of the first frame; 0n while `begun` is false. */
  origin = 0n;
  begun = false;
  /** Time of the frame given out last: pcapng's simple packets have none of their own and take it. */
  last = 0;

  begin(origin: bigint): void {
    this.origin = origin;
    this.begun = true;
  }
}

/** Whole seconds of `nanoseconds`, rounded down, and the nanoseconds that remain: 0 to 999,999,999. */
export function splitSeconds(nanoseconds: bigint): { seconds: number; nanoseconds: number } {
  const remainder = ((nanoseconds % SECOND) + SECOND) % SECOND;
  return { seconds: Number((nanoseconds - remainder) / SECOND), nanoseconds: Number(remainder) };
}
