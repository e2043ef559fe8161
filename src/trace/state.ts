/** Names of socket states, by number: TCP states as `ss` means them in full words; a bound UDP socket is UNCONN. */
export const STATE_NAMES = [
  'CLOSED',
  'LISTEN',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'CLOSING',
  'TIME_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'UNCONN',
  'SYN_SENT',
] as const;
