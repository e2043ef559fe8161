/** Nanoseconds of a jiffy: Linux with HZ=250. */
const JIFFY = 4_000_000;
const LEVEL_SLOTS = 64;
/** Each level of the wheel is eight times coarser than the one below. */
const LEVEL_SHIFT = 3;
const LEVELS = 9;

/**
 * When a Linux timer fires that is set at `now` for `delay` later, both in nanoseconds: its wheel never fires early, and rounds up to
 * the granularity of the level that the delay falls into, 12.5 % at most (kernel/time/timer.c). The first jiffy begins at time 0.
 */
export function wheelTime(now: number, delay: number): number {
  const clock = Math.floor(now / JIFFY);
  const jiffies = Math.ceil(delay / JIFFY);
  let shift = 0;
  for (let level = 1; level < LEVELS && jiffies >= (LEVEL_SLOTS - 1) << ((level - 1) * LEVEL_SHIFT); level++) {
    shift = level * LEVEL_SHIFT;
  }
  const grain = 1 << shift;
  return (Math.floor((clock + jiffies) / grain) + 1) * grain * JIFFY;
}

/** Time between two moments as Linux's clock of jiffies sees it. */
export function clockTime(from: number, to: number): number {
  return (Math.floor(to / JIFFY) - Math.floor(from / JIFFY)) * JIFFY;
}
