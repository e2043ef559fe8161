import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import type { TcpConnection } from './connection.ts';
import { armRetransmit, armRto, clearRetransmit } from './retransmit.ts';
import { rtoMax } from './rtt.ts';
import { currentMss, windowEnd } from './send.ts';
import { add, after, before } from './seq.ts';
import { Waiting } from './timers.ts';
import { sendProbe, sendRecord } from './transmit.ts';

function probeTime(c: TcpConnection, backoff: number): number {
  const base = Math.max(c.rto, c.tcp.sysctl['ipv4.tcp_rto_min_us'] * 1000);
  return Math.min(base * 2 ** Math.min(backoff, 10), rtoMax(c));
}

/** Data waits and nothing is in flight: the window is closed or too small; its opening may get lost (RFC 9293 §3.8.6.1). */
export function armPersist(c: TcpConnection): void {
  armRetransmit(c, Waiting.persist, probeTime(c, 0));
}

export function persistExpired(c: TcpConnection): void {
  const { tcp } = c;
  if (c.packetsOut > 0 || c.sendQueue.firstUnsent === null) {
    c.probesOut = 0;
    return;
  }
  let most = tcp.sysctl['ipv4.tcp_retries2'];
  if (c.orphan) {
    const alive = probeTime(c, c.backoff) < rtoMax(c);
    most = tcp.sysctl['ipv4.tcp_orphan_retries'] || (alive ? 8 : 0);
  }
  if (c.probesOut >= most) {
    tcp.trace.record(D.tcp_timed_out, c.probesOut);
    tcp.remove(c, 'timeout');
    return;
  }
  wakeUp(c, D.tcp_window_probe);
  if (c.packetsOut > 0 || c.sendQueue.firstUnsent === null) {
    c.probesOut = 0;
    c.backoff = 0;
    return;
  }
  c.probesOut++;
  if (c.backoff < tcp.sysctl['ipv4.tcp_retries2']) c.backoff++;
  armRetransmit(c, Waiting.persist, probeTime(c, c.backoff));
}

/** Sends what little the window allows, or a segment that only asks for an ACK. */
export function wakeUp(c: TcpConnection, why: number): void {
  const record = c.sendQueue.firstUnsent;
  const isClosed = record === null || !before(record.seq, windowEnd(c));
  if (record === null || (isClosed && !c.tcp.rules.probesWithData)) {
    sendProbe(c, why, add(c.sndUna, -1), c.probesOut + 1);
    return;
  }
  const mss = currentMss(c);
  const room = isClosed ? 1 : (windowEnd(c) - record.seq) >>> 0;
  if (after(record.endSeq, c.pushedSeq)) c.pushedSeq = record.endSeq;
  if (room < (record.endSeq - record.seq) >>> 0 || record.length > mss) {
    const size = Math.min(room, mss, record.length);
    if (size < record.length) c.sendQueue.split(record, size, mss);
  }
  record.count(mss);
  record.flags |= TcpFlag.psh;
  c.sendQueue.firstUnsent = record.next;
  c.sndNxt = record.endSeq;
  const first = c.packetsOut === 0;
  sendRecord(c, isClosed ? D.tcp_rfc_window_probe : D.tcp_send_data, record, false);
  c.packetsOut += record.pcount;
  if (first) armRto(c);
}

/** The window has changed with nothing in flight: it may be open, else the probes go on. */
export function checkProbe(c: TcpConnection): void {
  const record = c.sendQueue.firstUnsent;
  if (record === null || c.followed) return;
  if (!after(record.endSeq, windowEnd(c))) {
    c.backoff = 0;
    if (c.retransmitAlarm.waiting === Waiting.persist) clearRetransmit(c);
  } else {
    armRetransmit(c, Waiting.persist, probeTime(c, c.backoff));
  }
}
