import { D } from '../../trace/catalogue.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import type { TcpConnection } from './connection.ts';
import { wakeUp } from './persist.ts';
import { sendActiveReset } from './transmit.ts';

export function armKeepalive(c: TcpConnection, wait: number): void {
  c.tcp.timers.arm(c.lifeAlarm, wheelTime(c.tcp.now, wait));
}

/** RFC 9293 §3.8.4: an idle connection is asked, some times, whether the peer is still there. */
export function keepaliveExpired(c: TcpConnection): void {
  const { tcp } = c;
  if (c.packetsOut > 0 || c.sendQueue.firstUnsent !== null) {
    armKeepalive(c, c.keepaliveIdle);
    return;
  }
  const idle = tcp.now - Math.max(c.lastReceivedAt, c.ackedAt);
  if (idle < c.keepaliveIdle) {
    armKeepalive(c, c.keepaliveIdle - idle);
    return;
  }
  if (c.probesOut >= c.keepaliveProbes) {
    sendActiveReset(c, D.tcp_rst_keepalive);
    tcp.trace.record(D.tcp_timed_out, c.probesOut);
    tcp.remove(c, 'timeout');
    return;
  }
  wakeUp(c, D.tcp_keepalive_probe);
  c.probesOut++;
  armKeepalive(c, c.keepaliveInterval);
}
