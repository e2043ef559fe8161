/** The stages of the receive path in climbing order; the layer of a decision and of a packet's last step. */
export const LAYERS = ['phy', 'nic', 'driver', 'arp', 'ip', 'icmp', 'udp', 'tcp', 'socket', 'server'] as const;
export type Layer = (typeof LAYERS)[number];

/**
 * What a decision does. `pass` … `observe` are steps of the frame's path, and the last one recorded is the frame's verdict;
 * a `reply` sends something down, an `event` says what became of a socket, a datagram or a request. Order is that of `Effect`.
 */
export const EFFECTS = ['pass', 'deliver', 'consume', 'hold', 'forward', 'drop', 'observe', 'reply', 'event'] as const;
export type EffectName = (typeof EFFECTS)[number];
export const Effect = { pass: 0, deliver: 1, consume: 2, hold: 3, forward: 4, drop: 5, observe: 6, reply: 7, event: 8 } as const;

/** One entry of the catalogue: everything that is known about a decision before it is taken. */
export interface Decision {
  readonly layer: Layer;
  readonly effect: EffectName;
  /** The one profile that takes this decision; absent: every one does. */
  readonly profile?: 'rfc9293';
  /** Exactly on drops: the Linux 6.18 name in lower case, or ours where the kernel has none. */
  readonly reason?: string;
  /**
   * The kernel's own skb_drop_reason. On drops, `NOT_SPECIFIED` where it gives none, absent where the kernel never sees the frame; on
   * events by which waiting packets are lost (fragments given up, an unresolved neighbour).
   */
  readonly skb?: string;
  /** On replies that are resets: the kernel's rst_reason. */
  readonly rst?: string;
  /** SNMP (`TcpExtListenDrops`) or ethtool (`rx_crc_errors`) counter that Linux raises. */
  readonly counter?: string;
  /** The same counter for an IPv6 packet, where Linux counts those apart. */
  readonly counter6?: string;
  /** The rule: `RFC 9293 §3.10.7.4`, `IEEE 802.3 §4.2.9`, `Linux tcp_input.c`. */
  readonly clause: string;
  /** One sentence, slots as words.ts fills them: {a} {b} {c} with an optional format, {src} {dst} {sport} {dport} {smac} {dmac}. */
  readonly en: string;
  readonly zh: string;
  /** What to do about it, or where to look next; on every drop. */
  readonly advice?: string;
  readonly adviceZh?: string;
}

/** The counter of a packet of this IP version; of both versions where it is 0: not known, or several packets. */
export function counterOf({ counter = '', counter6 }: Decision, family: number): string {
  if (counter6 === undefined || family === 4) return counter;
  return family === 6 ? counter6 : `${counter}/${counter6}`;
}

/** Keeps the literal keys of a layer's table while its entries are checked. */
export function decisions<const T extends Record<string, Decision>>(table: T): T {
  return table;
}
