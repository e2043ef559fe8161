import { decisions } from '../../decision.ts';

/** What only a capture shows: the captured server's segments, beginnings and bytes that it does not have. */
export const capture = decisions({
  tcp_observed_checksum_bad: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'RFC 9293 §3.1 MUST-3',
    en: 'The checksum of this segment of the captured server is wrong: its {a} byte{a:s} of data are not followed, and the client will drop it.',
    zh: '被捕获的服务器发出的这个报文段校验和错误：其 {a} 字节数据不予跟踪，客户端会丢弃它。',
  },
  tcp_observed: {
    layer: 'tcp',
    effect: 'observe',
    clause: 'capture',
    en: 'A segment that the captured server sent: the sending half of its connection follows it.',
    zh: '被捕获的服务器发出的报文段：连接的发送方向随之推进。',
  },
  tcp_observed_rst: {
    layer: 'tcp',
    effect: 'observe',
    clause: 'capture',
    en: 'The captured server reset the connection.',
    zh: '被捕获的服务器复位了连接。',
  },
  tcp_listener_assumed: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'capture',
    en: 'Port {a} is taken as listening: the capture has not shown otherwise.',
    zh: '视端口 {a} 为监听状态：捕获中没有相反的证据。',
  },
  tcp_adopted: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'capture',
    en: 'The connection began before the capture did: it is taken up in its middle, numbers are absolute.',
    zh: '连接在捕获开始之前就已建立：从中途接管，序号为绝对值。',
  },
  tcp_active_open: {
    layer: 'tcp',
    effect: 'consume',
    clause: 'RFC 9293 §3.10.7.3',
    en: 'SYN-ACK for a connection that the captured host opened itself.',
    zh: '被捕获主机自己发起的连接收到 SYN-ACK。',
  },
  tcp_port_reused: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'RFC 9293 §3.10.7.4',
    en: 'A SYN with a new number for a connection in {a:state}: its end was not captured, a new one begins.',
    zh: '处于 {a:state} 的连接收到新序号的 SYN：旧连接的结束未被捕获，新连接开始。',
  },
  tcp_capture_gap: {
    layer: 'tcp',
    effect: 'event',
    clause: 'capture',
    en: 'The captured server acknowledged {a} byte{a:s} that the capture does not have: the stream goes on behind them.',
    zh: '被捕获的服务器确认了捕获中没有的 {a} 字节：数据流从其后继续。',
  },
  tcp_handshake_unseen: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'capture',
    en: 'The captured server goes on behind its SYN-ACK: the client’s ACK of it was not captured.',
    zh: '被捕获的服务器在 SYN-ACK 之后继续发送：客户端对它的 ACK 没有被捕获。',
  },
  tcp_taken_after_all: {
    layer: 'tcp',
    effect: 'event',
    clause: 'capture',
    en: 'The captured server acknowledged {a} byte{a:s} that this host did not take: the stream goes on with them.',
    zh: '被捕获的服务器确认了本机未接受的 {a} 字节：数据流带着它们继续。',
  },
  tcp_ack_ahead_of_capture: {
    layer: 'tcp',
    effect: 'pass',
    clause: 'capture',
    en: 'The client acknowledges {a} byte{a:s} more than the capture has shown of the server so far.',
    zh: '客户端确认的数据比目前捕获到的服务器数据多 {a} 字节。',
  },
  tcp_followed_idle: {
    layer: 'tcp',
    effect: 'event',
    clause: 'bound of this host',
    en: 'The capture showed nothing of the connection for {a:ns}: it is forgotten.',
    zh: '捕获中该连接已有 {a:ns} 没有动静：不再跟踪。',
  },
});
