import { type EffectName, LAYERS, type Layer } from '../../trace/decision.ts';
import type { Lang } from '../lang.ts';
import { KIND_WORDS } from '../words/divergence-words.ts';

/** A word of the reports that is no decision: where decisions are taken, what becomes of a frame, how a captured server differs. */
export interface Word {
  readonly kind: 'layer' | 'verdict' | 'divergence';
  readonly name: string;
  readonly says: Readonly<Record<Lang, string>>;
  readonly advice?: Readonly<Record<Lang, string>>;
}

const LAYER_WORDS: Readonly<Record<Layer, Readonly<Record<Lang, string>>>> = {
  phy: {
    en: 'The line: finds the signal, keeps time with it and reads its bits. In scripts with `phy 10base-t` only: a capture begins at the nic.',
    zh: '线路：发现信号，与其保持同步，读出比特。仅用于带 `phy 10base-t` 的脚本：抓包从网卡开始。',
  },
  nic: {
    en: 'The network card: is the frame whole (length, FCS), and is it for this host (MAC address)? It puts it into the receive ring and raises an interrupt.',
    zh: '网卡：帧是否完整（长度、FCS），是否发给本机（MAC 地址）？它把帧放入接收环并发出中断。',
  },
  driver: {
    en: 'The driver, where the kernel begins: takes frames out of the ring, takes VLAN tags off, and hands each to the protocol that its EtherType names.',
    zh: '驱动，内核由此开始：从接收环取出帧，去掉 VLAN 标签，按 EtherType 交给相应的协议。',
  },
  arp: {
    en: 'ARP: which MAC address belongs to an IPv4 address of this link?',
    zh: 'ARP：本链路上某个 IPv4 地址对应哪个 MAC 地址？',
  },
  ip: {
    en: 'IPv4 and IPv6: is the header right, is the packet for this host, does the firewall let it pass? Fragments are put together here, and a router forwards what is for others.',
    zh: 'IPv4 与 IPv6：首部是否正确，数据包是否发给本机，防火墙是否放行？分片在此重组，路由器在此转发给他人的数据包。',
  },
  icmp: {
    en: 'ICMP and ICMPv6: echo, errors about packets of ours, neighbour discovery.',
    zh: 'ICMP 与 ICMPv6：回显、关于本机所发数据包的差错、邻居发现。',
  },
  udp: {
    en: 'UDP: is the datagram whole, and is a socket bound to its port?',
    zh: 'UDP：数据报是否完整，端口上是否绑定了套接字？',
  },
  tcp: {
    en: 'TCP: to which connection does the segment belong, does it fit its state and its window, and what is acknowledged?',
    zh: 'TCP：报文段属于哪个连接，是否符合其状态和窗口，应确认什么？',
  },
  socket: {
    en: 'Sockets: descriptors, 4-tuples, and the queues between the kernel and the program.',
    zh: '套接字：描述符、四元组，以及内核与程序之间的队列。',
  },
  server: {
    en: 'The program: accepts connections, reads requests and answers them.',
    zh: '程序：接受连接，读取请求并应答。',
  },
};

const VERDICT_WORDS: Readonly<Record<EffectName, Readonly<Record<Lang, string>>>> = {
  pass: { en: 'A check that the frame passed: it climbs on.', zh: '帧通过了这项检查：继续攀升。' },
  deliver: { en: 'The payload reached a socket.', zh: '载荷到达了套接字。' },
  consume: {
    en: 'The stack itself used the frame: a handshake, an ACK, ARP, ICMP.',
    zh: '协议栈自己处理了这个帧：握手、ACK、ARP、ICMP。',
  },
  hold: {
    en: 'The frame waits: a fragment for the rest of its datagram, data for the bytes before it.',
    zh: '帧在等待：分片等待数据报的其余部分，数据等待它之前的字节。',
  },
  forward: { en: 'The packet was for somebody else, and this host sends it on.', zh: '数据包发给他人，本机将其转发。' },
  drop: { en: 'The frame ends here and is thrown away; its reason says why.', zh: '帧到此为止，被丢弃；原因说明为什么。' },
  observe: {
    en: 'The captured server sent the frame itself: it is watched and does not climb.',
    zh: '抓包中的服务器自己发出的帧：只旁观，不攀升。',
  },
  reply: { en: 'The host sends something.', zh: '主机发送某个数据包。' },
  event: {
    en: 'Something became of a socket, a datagram, a request or a timer.',
    zh: '套接字、数据报、请求或定时器发生了变化。',
  },
};

/** The layer, verdict or kind of divergence that a word names; null: none. */
export function wordOf(text: string): Word | null {
  const name = text.toLowerCase();
  if ((LAYERS as readonly string[]).includes(name)) return { kind: 'layer', name, says: LAYER_WORDS[name as Layer] };
  if (Object.hasOwn(VERDICT_WORDS, name)) return { kind: 'verdict', name, says: VERDICT_WORDS[name as EffectName] };
  if (!Object.hasOwn(KIND_WORDS, name)) return null;
  const { en, zh } = KIND_WORDS[name]!;
  return {
    kind: 'divergence',
    name,
    says: { en: en.meaning, zh: zh.meaning },
    advice: { en: en.advice, zh: zh.advice },
  };
}

/** All that `wordOf` knows. */
export const WORD_NAMES: readonly string[] = [...LAYERS, ...Object.keys(VERDICT_WORDS), ...Object.keys(KIND_WORDS)];
