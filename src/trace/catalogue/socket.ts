import { decisions } from '../decision.ts';

/** The top of the host: descriptors, receive queues and the program that reads and writes. */
export const socket = decisions({
  socket_listen: {
    layer: 'socket',
    effect: 'event',
    clause: 'POSIX listen()',
    en: 'A socket listens on port {a}, backlog {b}.',
    zh: '套接字在端口 {a} 上监听，backlog {b}。',
  },
  socket_data: {
    layer: 'socket',
    effect: 'deliver',
    clause: 'RFC 9293 §3.10.3',
    en: '{a} byte{a:s} reach the program on descriptor {b}.',
    zh: '{a} 字节送达描述符 {b} 上的程序。',
  },
  socket_not_accepted: {
    layer: 'socket',
    effect: 'deliver',
    clause: 'RFC 9293 §3.10.3',
    en: '{a} byte{a:s} wait in the receive queue: the program has not accepted the connection.',
    zh: '{a} 字节在接收队列中等待：程序尚未接受该连接。',
  },
  socket_end: {
    layer: 'socket',
    effect: 'event',
    clause: 'RFC 9293 §3.10.3',
    en: 'The program on descriptor {a} reads the end of the stream.',
    zh: '描述符 {a} 上的程序读到流的结尾。',
  },
  socket_write: {
    layer: 'socket',
    effect: 'event',
    clause: 'RFC 9293 §3.10.2',
    en: 'The program writes {b} byte{b:s}; {a} fit into the send buffer.',
    zh: '程序写入 {b} 字节；其中 {a} 字节进入发送缓冲区。',
  },
  socket_removed: {
    layer: 'socket',
    effect: 'event',
    clause: 'RFC 9293 §3.10.4',
    en: 'The connection, last in {a:state}, is removed from the table.',
    zh: '最后处于 {a:state} 的连接从表中移除。',
  },
});
