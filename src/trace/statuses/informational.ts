import type { StatusEntry } from './entry.ts';

/** 1xx: the final response is still to come (RFC 9110 §15). */
export const informational: readonly StatusEntry[] = [
  {
    status: 100,
    name: 'Continue',
    clause: 'RFC 9110 §15.2.1',
    en: 'The head of the request is accepted so far; the client may send its content.',
    zh: '请求头已被接受，客户端可以发送内容。',
    when: 'A request with `Expect: 100-continue` has content that has not come yet.',
    whenZh: '请求带有 `Expect: 100-continue` 且内容尚未到达时。',
    advice: 'Send the content; the final response comes behind it.',
    adviceZh: '发送内容；最终响应随后到达。',
    decisions: ['http_continue'],
  },
  {
    status: 101,
    name: 'Switching Protocols',
    clause: 'RFC 9110 §15.2.2',
    en: 'The connection carries the protocol that Upgrade names from here on, a WebSocket for example.',
    zh: '此后连接改用 Upgrade 所指的协议，例如 WebSocket。',
    advice: 'Speak the other protocol; what follows is no HTTP.',
    adviceZh: '改用另一种协议；之后不再是 HTTP。',
    decisions: [],
  },
  {
    status: 103,
    name: 'Early Hints',
    clause: 'RFC 8297 §2',
    en: 'Fields that the final response will probably have, Link above all, ahead of it.',
    zh: '提前给出最终响应可能带有的字段，主要是 Link。',
    advice: 'Fetch what the links name; wait for the final response.',
    adviceZh: '先获取链接的资源；等待最终响应。',
    decisions: [],
  },
];
