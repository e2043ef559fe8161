import type { Trace } from '../trace/trace.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import type { ConnectionRecord } from './http/exchange.ts';

/** Somebody who writes to a connection. */
export interface Departing {
  readonly record: ConnectionRecord;
  /** A segment of the connection leaves the host. */
  leaves(segment: Transmission): void;
}

/**
 * A socket takes more than windows and Nagle let go at once. Whoever has written so is told when more of it leaves: that, and not when it was
 * written, is when the client can have it, and what a capture shows.
 */
export class Departures {
  private readonly trace: Trace;
  private readonly waiting = new Map<string, Departing>();

  constructor(trace: Trace) {
    this.trace = trace;
  }

  add(departing: Departing): void {
    this.waiting.set(keyOf(departing.record), departing);
  }

  delete(departing: Departing): void {
    if (this.waiting.size === 0) return;
    const key = keyOf(departing.record);
    // the two ends may be another connection's by now
    if (this.waiting.get(key) === departing) this.waiting.delete(key);
  }

  /** Tells of what the activity under way has sent of the connection. */
  lookFor(departing: Departing): void {
    const { record } = departing;
    const { transmissions, transmissionCount } = this.trace;
    for (let i = 0; i < transmissionCount; i++) {
      const out = transmissions[i]!;
      if (hasData(out) && isOf(out, record)) departing.leaves(out);
    }
  }

  /** Tells everybody who waits, at the activity's end. */
  look(): void {
    if (this.waiting.size === 0) return;
    const { transmissions, transmissionCount } = this.trace;
    for (let i = 0; i < transmissionCount; i++) {
      const out = transmissions[i]!;
      if (hasData(out)) this.waiting.get(keyOfSent(out))?.leaves(out);
    }
  }
}

function hasData({ protocol, payloadStart, payloadEnd }: Transmission): boolean {
  return protocol === Sent.tcp && payloadEnd > payloadStart;
}

function isOf(out: Transmission, record: ConnectionRecord): boolean {
  if (out.destinationPort !== record.clientPort || out.sourcePort !== record.serverPort) return false;
  if (out.dst3 !== record.client3 || out.src3 !== record.server3 || out.family !== record.family) return false;
  if (out.dst0 !== record.client0 || out.dst1 !== record.client1 || out.dst2 !== record.client2) return false;
  return out.src0 === record.server0 && out.src1 === record.server1 && out.src2 === record.server2;
}

function keyOf(r: ConnectionRecord): string {
  const client = `${r.client0} ${r.client1} ${r.client2} ${r.client3} ${r.clientPort}`;
  return `${client} ${r.server0} ${r.server1} ${r.server2} ${r.server3} ${r.serverPort}`;
}

function keyOfSent(out: Transmission): string {
  const client = `${out.dst0} ${out.dst1} ${out.dst2} ${out.dst3} ${out.destinationPort}`;
  return `${client} ${out.src0} ${out.src1} ${out.src2} ${out.src3} ${out.sourcePort}`;
}
