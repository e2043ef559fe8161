/** Connections of a capture that are followed at one time; beyond them the idlest are let go. */
export const MOST_FOLLOWED = 16_384;

/** Nanoseconds. */
export const MS = 1e6;
export const SECOND = 1e9;
/** Linux with HZ=250 counts time-outs in ticks of 4 ms. */
export const TICK = 4 * MS;

/** A segment that says nothing of its size can be taken by every host (RFC 9293 MUST-15). */
export const MSS_DEFAULT = 536;
/** The same over IPv6, whose smallest MTU is larger. */
export const MSS_DEFAULT_V6 = 1220;
/** Smallest receive segment that is believed. */
export const MSS_MIN = 88;
/** Segments of the initial congestion window (RFC 6928). */
export const INITIAL_CWND = 10;
/** Duplicate ACKs that mean loss (RFC 5681 §3.2). */
export const DUP_ACKS = 3;
/** Segments acknowledged at once in one phase of quick ACKs. */
export const QUICK_ACKS = 16;
/** Delayed ACK: shortest and longest wait. */
export const DELACK_MIN = 40 * MS;
export const DELACK_MAX = 200 * MS;
/** First SYN-ACK time-out, and the RTO before anything was measured (RFC 6298 §2.1). */
export const RTO_INITIAL = SECOND;
/** RTO of a connection whose handshake gave no round trip. */
export const RTO_FALLBACK = 3 * SECOND;
/** Unscaled windows end here. */
export const WINDOW_MAX = 65535;
/** A timestamp older than 24 days proves nothing (RFC 7323 §5.5). */
export const PAWS_STALE = 24 * 24 * 3600 * SECOND;
/** Bytes of timestamps with their padding in a header. */
export const TIMESTAMPS_LENGTH = 12;
/** Most bytes that one connection holds out of order while it follows a capture. */
export const FOLLOWED_OUT_OF_ORDER = 16 << 20;
/** Segments in one out-of-order queue at most. */
export const OUT_OF_ORDER_SEGMENTS = 32768;
/** Connections in the table at most, where the configuration does not say. */
export const CONNECTIONS_MAX = 1 << 20;
/** A captured handshake that is neither completed nor refused is forgotten after this time. */
export const FOLLOWED_REQUEST = 120 * SECOND;
/** A followed or adopted connection without a sign of life is forgotten after this time (tcp_keepalive_time and its probes). */
export const FOLLOWED_IDLE = 7875 * SECOND;
