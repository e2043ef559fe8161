/** A reply that has not come after this many nanoseconds is missing: twice what RFC 9293 §3.8.6.3 allows a delayed ACK. */
export const PATIENCE = 1_000_000_000;
/** What comes again sooner is the same segment captured twice. */
export const SOONEST_REPEAT = 100_000_000;
