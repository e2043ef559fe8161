/** Advice that decisions of several layers give. */
export const SNAPLEN = {
  advice: 'Capture with a larger snaplen (tcpdump -s 0).',
  adviceZh: '请用更大的 snaplen 抓包（tcpdump -s 0）。',
} as const;
export const BROKEN_SENDER = { advice: 'A broken or hostile sender.', adviceZh: '发送方有故障或有恶意。' } as const;
