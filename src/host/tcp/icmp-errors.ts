import { D } from '../../trace/catalogue.ts';
import { u16, u32 } from '../../wire/bytes.ts';
import { Ipv4View } from '../../wire/ipv4.ts';
import { Ipv6Chain } from '../ip/ipv6-chain.ts';
import type { Packet } from '../packet.ts';
import { State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import { resendLarger, revertBackoff } from './retransmit.ts';
import { syncMss } from './send.ts';
import { after, before } from './seq.ts';
import type { Tcp } from './tcp.ts';
import type { Known } from './time-wait-socket.ts';

const UNREACHABLE = 3;
const NET = 0;
const HOST = 1;
const FRAGMENTATION_NEEDED = 4;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
const V6_UNREACHABLE = 1;
const V6_TOO_BIG = 2;
const V6_PARAMETER = 4;
const PROTOCOL = 2;
const PORT = 3;
const V6_NO_ROUTE = 0;
const V6_PROHIBITED = 1;
const V6_PORT = 4;

const view = new Ipv4View();
const chain = new Ipv6Chain();

/** Ports and number of the quoted segment are there. RFC 9293 §3.9.2.2: an ICMP error never ends a connection; it may tell of a smaller path MTU, or end a half-open one. */
export function receiveIcmpError(
  tcp: Tcp,
  packet: Packet,
  type: number,
  code: number,
  quoteStart: number,
  quoteEnd: number,
  mtu: number,
): void {
  const { bytes } = packet;
  const at =
    packet.family === 4
      ? quoteStart + view.at(bytes, quoteStart, quoteEnd).headerLength
      : chain.find(bytes, quoteStart, quoteEnd).offset;
  const c = quoted(tcp, packet, quoteStart, at);
  if (c === null || c.bucket) {
    tcp.trace.record(D.tcp_icmp_no_connection, u16(bytes, at), u16(bytes, at + 2));
    return;
  }
  packet.fd = c.fd;
  const seq = u32(bytes, at + 4);
  if (c.state === State.synSent) opening(c, type, code, packet.family, seq);
  else if (c.state === State.synReceived) halfOpen(c, packet.family, type, code, seq);
  else known(c, packet.family, type, code, seq, mtu);
}

/** The connection that a quoted IP packet belongs to; `at`: its TCP header. */
export function quoted(tcp: Tcp, packet: Packet, start: number, at: number): Known | null {
  const { bytes, family } = packet;
  const local = u16(bytes, at);
  const peer = u16(bytes, at + 2);
  if (family === 4) {
    return tcp.table.find(4, 0, 0, 0, u32(bytes, start + 12), local, 0, 0, 0, u32(bytes, start + 16), peer);
  }
  const from = start + 8;
  const to = start + 24;
  return tcp.table.find(
    6,
    u32(bytes, from),
    u32(bytes, from + 4),
    u32(bytes, from + 8),
    u32(bytes, from + 12),
    local,
    u32(bytes, to),
    u32(bytes, to + 4),
    u32(bytes, to + 8),
    u32(bytes, to + 12),
    peer,
  );
}

/** Nobody is connected yet: what says that the peer cannot be reached ends the attempt (Linux tcp_v4_err). */
function opening(c: TcpConnection, type: number, code: number, family: number, seq: number): void {
  const { trace } = c.tcp;
  const isTooBig = family === 4 ? type === UNREACHABLE && code === FRAGMENTATION_NEEDED : type === V6_TOO_BIG;
  if (seq !== c.iss) trace.record(D.tcp_icmp_out_of_window, (seq - c.iss) >>> 0);
  else if (isTooBig) trace.record(D.tcp_icmp_soft, type, code);
  else {
    trace.record(D.tcp_icmp_ends_connect, type, code);
    c.tcp.remove(c, 'aborted');
  }
}

/** RFC 9293 §3.9.2.2; RFC 5461 §2.2 for ICMPv6. "Fragmentation needed" is for path MTU discovery. */
function isHard(family: number, type: number, code: number): boolean {
  if (family === 4) return type === UNREACHABLE && (code === PROTOCOL || code === PORT);
  return type === V6_UNREACHABLE && (code === V6_PROHIBITED || code === V6_PORT);
}

/** The way to the peer is gone, not the peer (RFC 6069 §4.1 as Linux has it). */
function isOnTheWay(family: number, type: number, code: number): boolean {
  if (family === 4) return type === UNREACHABLE && (code === NET || code === HOST);
  return type === V6_UNREACHABLE && code === V6_NO_ROUTE;
}

function abortByIcmp(c: TcpConnection, type: number, code: number): void {
  c.tcp.trace.record(D.tcp_rfc_icmp_hard, type, code);
  c.tcp.remove(c, 'aborted');
}

function halfOpen(c: TcpConnection, family: number, type: number, code: number, seq: number): void {
  const { trace } = c.tcp;
  if (seq !== c.iss) {
    trace.record(D.tcp_icmp_out_of_window, (seq - c.iss) >>> 0);
    return;
  }
  const ends =
    family === 4
      ? type === PARAMETER_PROBLEM || type === TIME_EXCEEDED || (type === UNREACHABLE && (code === NET || code === HOST))
      : type === V6_PARAMETER || (type === V6_UNREACHABLE && (code === V6_PROHIBITED || code >= V6_PORT));
  if (c.tcp.rules.hardErrorsEnd && !c.followed) {
    if (isHard(family, type, code)) abortByIcmp(c, type, code);
    else trace.record(ends ? D.tcp_rfc_icmp_soft : D.tcp_icmp_soft, type, code);
    return;
  }
  if (!ends || c.followed) {
    trace.record(D.tcp_icmp_soft, type, code);
    return;
  }
  trace.record(D.tcp_icmp_ends_request, type, code);
  c.tcp.remove(c, 'aborted');
}

function known(c: TcpConnection, family: number, type: number, code: number, seq: number, mtu: number): void {
  const { trace } = c.tcp;
  if (before(seq, c.sndUna) || after(seq, c.sndNxt)) {
    trace.record(D.tcp_icmp_out_of_window, c.iss < 0 ? seq : (seq - c.iss) >>> 0);
    return;
  }
  const tooBig = family === 4 ? type === UNREACHABLE && code === FRAGMENTATION_NEEDED : type === V6_TOO_BIG;
  if (c.tcp.rules.hardErrorsEnd && !c.followed && isHard(family, type, code)) {
    abortByIcmp(c, type, code);
    return;
  }
  if (!tooBig || c.followed) {
    c.softError = true;
    trace.record(D.tcp_icmp_soft, type, code);
    if (!c.followed && isOnTheWay(family, type, code)) revertBackoff(c, seq);
    return;
  }
  if (family === 4) c.tcp.paths?.learn4(c.peer3, mtu);
  else c.tcp.paths?.learn6(c.peer0, c.peer1, c.peer2, c.peer3, mtu);
  // Who does not ask for a path MTU cuts what is sent next, and sends nothing again.
  if (family === 4 && c.tcp.paths?.discovers === false) {
    trace.record(D.tcp_icmp_soft, type, code);
    return;
  }
  const least = family === 4 ? c.tcp.minPmtu : 1280;
  const pmtu = Math.max(mtu, least);
  // Linux believes no IPv6 router that asks for less than every link takes.
  if (pmtu >= c.pmtu || (family === 6 && mtu < least)) {
    trace.record(D.tcp_icmp_soft, type, code);
    return;
  }
  c.pmtuLocked = mtu < least;
  syncMss(c, pmtu);
  trace.record(D.tcp_path_mtu, pmtu, c.mss);
  resendLarger(c);
}
