import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { type Program, State } from '../sockets.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import type { TcpConnection } from './connection.ts';
import { RTO_INITIAL, WINDOW_MAX } from './constants.ts';
import { copyOf, type Tuple } from './handshake.ts';
import { backoffTime, rtoMax } from './rtt.ts';
import { add } from './seq.ts';
import type { Tcp } from './tcp.ts';
import { address, timestamp } from './transmit.ts';
import { initialWindow } from './window.ts';

/** What a program may set on its socket before it connects; absent: as the host has it. */
export interface ConnectOptions {
  /** Largest segment that it will take. */
  readonly mss?: number;
  /** Shift of the windows that it will tell. */
  readonly windowScale?: number;
  /** SO_RCVBUF in bytes. */
  readonly rcvbuf?: number;
}

/**
 * Opens a connection (RFC 9293 §3.10.1): `tuple` has the peer as its source and this host as its destination, as the answer will have
 * them. Sends a SYN; the program is told by `writable` when the connection is there, by `ended` when it will not be. Null: the tuple is in
 * use, or there are too many connections.
 */
export function connect(tcp: Tcp, tuple: Tuple, program: Program, options: ConnectOptions = {}): TcpConnection | null {
  if (tcp.table.size >= tcp.connectionsMax || isTaken(tcp, tuple)) return null;
  const { sysctl } = tcp;
  tcp.enter();
  const c = copyOf(tcp, null, tuple);
  c.program = program;
  c.activeOpen = true;
  if (options.rcvbuf !== undefined) {
    c.rcvbuf = Math.max(2304, Math.min(options.rcvbuf, sysctl['core.rmem_max']) * 2);
    c.rcvbufLocked = true;
  }
  if (options.mss !== undefined) c.advMss = Math.min(c.advMss, options.mss);
  c.tsOk = sysctl['ipv4.tcp_timestamps'] !== 0;
  c.sackOk = sysctl['ipv4.tcp_sack'] !== 0;
  c.wscaleOk = sysctl['ipv4.tcp_window_scaling'] !== 0;
  c.ecnOk = sysctl['ipv4.tcp_ecn'] === 1;
  initialWindow(c, c.advMss);
  if (c.wscaleOk && options.windowScale !== undefined) {
    c.rcvWscale = options.windowScale;
    c.windowClamp = Math.min(c.windowClamp, WINDOW_MAX * 2 ** c.rcvWscale);
  }
  c.iss = tcp.random.next();
  c.sndUna = c.iss;
  c.sndNxt = add(c.iss, 1);
  if (c.tsOk) c.tsOffset = tcp.random.next();
  tcp.add(c);
  tcp.descriptors.assign(c);
  sendSyn(c, D.tcp_connect);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, RTO_INITIAL));
  tcp.setState(c, State.synSent, 'syn_sent');
  tcp.leave();
  return c;
}

function isTaken(tcp: Tcp, t: Tuple): boolean {
  const { family, dst0, dst1, dst2, dst3, destinationPort, src0, src1, src2, src3, sourcePort } = t;
  const known = tcp.table.find(family, dst0, dst1, dst2, dst3, destinationPort, src0, src1, src2, src3, sourcePort);
  if (known === null) return false;
  // a program that runs out of ports takes those whose connections only wait for stray segments
  if (known.state !== State.timeWait) return true;
  tcp.remove(known, 'replaced');
  return false;
}

/** SYN with what this host offers (RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2, RFC 3168 §6.1.1). */
function sendSyn(c: TcpConnection, why: number, a = 0, b = 0): void {
  const t = c.tcp.trace.transmit(why, a, b);
  address(c, t);
  t.flags = TcpFlag.syn | (c.ecnOk ? TcpFlag.ece | TcpFlag.cwr : 0);
  t.seq = c.iss;
  t.window = Math.min(c.rcvWnd, WINDOW_MAX);
  t.mss = c.advMss;
  t.sackPermitted = c.sackOk;
  if (c.wscaleOk) t.windowScale = c.rcvWscale;
  if (c.tsOk) {
    t.hasTimestamps = true;
    t.tsVal = timestamp(c);
    if (c.synAckTimeouts === 0) c.synAckTsFirst = t.tsVal;
    c.synAckTsLast = t.tsVal;
  }
  t.ipId = c.nextIpId;
  c.nextIpId = (c.nextIpId + 1) & 0xffff;
  c.synAckSentAt = c.tcp.now;
}

/**
 * The SYN was not answered: sent again each second at first, then after twice the time before, until the program is told that nobody
 * answers: after tcp_syn_retries and tcp_syn_linear_timeouts repetitions, or the time that tcp_syn_retries alone would take.
 */
export function synExpired(c: TcpConnection): void {
  const { tcp } = c;
  const { sysctl } = tcp;
  const retries = sysctl['ipv4.tcp_syn_retries'];
  const linear = sysctl['ipv4.tcp_syn_linear_timeouts'];
  const most = retries + linear;
  if (c.followed || c.synAckTimeouts >= most || tcp.now - c.openedAt >= backoffTime(retries, RTO_INITIAL, rtoMax(c))) {
    tcp.trace.record(D.tcp_connect_timed_out, c.synAckTimeouts);
    tcp.remove(c, 'timeout');
    return;
  }
  c.synAckTimeouts++;
  c.synAckRetransmitted = true;
  sendSyn(c, D.tcp_syn_again, c.synAckTimeouts, most);
  const doublings = Math.max(0, c.synAckTimeouts - linear);
  tcp.timers.arm(c.lifeAlarm, wheelTime(tcp.now, Math.min(RTO_INITIAL * 2 ** doublings, rtoMax(c))));
}
