import type { TcpConnection } from './connection.ts';
import { MS, SECOND, TICK } from './constants.ts';
import { after } from './seq.ts';

/**
 * A round trip of `sample` nanoseconds was measured (RFC 6298). As Linux does it, the variation is the greatest of a round trip, falls slowly, and is at least tcp_rto_min, which takes the
 * place of the RFC's one-second minimum. `srtt`, `rttvar` in nanoseconds; `mdev` is four times the mean deviation. `newest`:
 * the round trip of the last of the segments that were acknowledged, which may be the least ever.
 */
export function measureRtt(c: TcpConnection, sample: number, newest = sample): void {
  if (c.tcp.rules.leastRto > 0) estimate(c, sample);
  else estimateAsLinux(c, sample);
  if (newest < c.minRtt || c.tcp.now - c.minRttAt > c.tcp.sysctl['ipv4.tcp_min_rtt_wlen'] * SECOND) {
    c.minRtt = newest;
    c.minRttAt = c.tcp.now;
  }
  setRto(c);
  c.backoff = 0;
}

/** RFC 6298 (2.2), (2.3): `rttvar` is four times RTTVAR here too. */
function estimate(c: TcpConnection, sample: number): void {
  if (c.srtt === 0) {
    c.srtt = Math.max(1, sample);
    c.rttvar = 2 * sample;
  } else {
    c.rttvar += Math.abs(c.srtt - sample) - c.rttvar / 4;
    c.srtt = Math.max(1, c.srtt + (sample - c.srtt) / 8);
  }
}

function estimateAsLinux(c: TcpConnection, sample: number): void {
  const least = c.tcp.sysctl['ipv4.tcp_rto_min_us'] * 1000;
  if (c.srtt === 0) {
    c.srtt = Math.max(1, sample);
    c.mdev = sample * 2;
    c.rttvar = Math.max(c.mdev, least);
    c.mdevMax = c.rttvar;
    c.rttSeq = c.sndNxt;
  } else {
    let error = sample - c.srtt;
    c.srtt = Math.max(1, c.srtt + error / 8);
    if (error < 0) {
      error = -error - c.mdev / 4;
      if (error > 0) error /= 8;
    } else {
      error -= c.mdev / 4;
    }
    c.mdev += error;
    if (c.mdev > c.mdevMax) {
      c.mdevMax = c.mdev;
      if (c.mdevMax > c.rttvar) c.rttvar = c.mdevMax;
    }
    if (after(c.sndUna, c.rttSeq)) {
      if (c.mdevMax < c.rttvar) c.rttvar -= (c.rttvar - c.mdevMax) / 4;
      c.rttSeq = c.sndNxt;
      c.mdevMax = least;
    }
  }
}

/** Retransmission time-out from the estimate, without backoff. */
export function setRto(c: TcpConnection): void {
  c.rto = Math.min(Math.max(Math.ceil((c.srtt + c.rttvar) / TICK) * TICK, c.tcp.rules.leastRto), rtoMax(c));
}

/** How long so many time-outs take, each of twice the time of the one before, from `base` on and at most `most`. */
export function backoffTime(retries: number, base: number, most: number): number {
  const steps = Math.floor(Math.log2(most / base));
  if (retries <= steps) return (2 ** (retries + 1) - 1) * base;
  return (2 ** (steps + 1) - 1) * base + (retries - steps) * most;
}

export function rtoMax(c: TcpConnection): number {
  return c.tcp.sysctl['ipv4.tcp_rto_max_ms'] * MS;
}
