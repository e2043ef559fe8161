/** What is wrong with a message; the worst thing found. */
export const Problem = {
  none: 0,
  /** The start line breaks RFC 9112 §3 or §4. */
  startLine: 1,
  /** A header line is not `name: value` (RFC 9112 §5). */
  fieldLine: 2,
  /** Content-Length is no number, or several differ (RFC 9112 §6.3). */
  length: 3,
  /** Transfer-Encoding does not end in chunked, or comes with a Content-Length (RFC 9112 §6.1). */
  coding: 4,
  /** The head does not end within its limit. */
  tooLarge: 5,
  /** A chunk's size is no hexadecimal number, or no line end follows its data (RFC 9112 §7.1). */
  chunk: 6,
  /** The head ended early: the peer closed, or the other side answered before it was whole. */
  unfinished: 7,
} as const;
