import { D } from '../../trace/catalogue.ts';
import { State } from '../sockets.ts';
import { finTimeout } from './close.ts';
import { synExpired } from './connect.ts';
import type { TcpConnection } from './connection.ts';
import { FOLLOWED_IDLE } from './constants.ts';
import { synAckExpired } from './handshake.ts';
import { keepaliveExpired } from './keepalive.ts';
import { enterTimeWait } from './time-wait.ts';
import type { Known } from './time-wait-socket.ts';

/** The timer of a connection's life: SYN-ACK, keep-alive, FIN_WAIT2, TIME_WAIT, or a capture that shows nothing more of it. */
export function lifeExpired(c: TcpConnection): void {
  if (c.state === State.synReceived) {
    synAckExpired(c);
  } else if (c.state === State.synSent) {
    synExpired(c);
  } else if (c.bucket) {
    timeWaitOver(c);
  } else if (c.followed) {
    followedExpired(c);
  } else if (c.state === State.finWait2 && c.orphan && !c.tcp.rules.waitsForFin) {
    // armed only where more than TIME_WAIT was to be waited
    enterTimeWait(c, State.finWait2, finTimeout(c) - c.tcp.rules.timeWait);
  } else if (c.keepalive) {
    keepaliveExpired(c);
  }
}

/** What TIME_WAIT, or FIN_WAIT2 without owner, had kept is forgotten. */
export function timeWaitOver(c: Known): void {
  c.tcp.trace.record(c.state === State.timeWait ? D.tcp_time_wait_over : D.tcp_fin_wait2_over);
  c.tcp.remove(c, 'closed');
}

function followedExpired(c: TcpConnection): void {
  const { tcp } = c;
  const due = c.lastHeardAt + FOLLOWED_IDLE;
  if (tcp.now < due) {
    tcp.timers.arm(c.lifeAlarm, due);
    return;
  }
  tcp.trace.record(D.tcp_followed_idle, FOLLOWED_IDLE);
  tcp.remove(c, 'timeout');
}
