import type { Peek } from '../survey/peek.ts';

/** A client may acknowledge so many bytes more than the capture shows: so much can be under way (the greatest tcp_rmem). */
const MOST_MISSING = 1 << 23;
/** Connections whose ACKs are remembered; the one begun first is forgotten for the next. */
const MOST = 1 << 17;

/** What is remembered of one connection. Numbers of `seen` and `given` count from the servers' ISNs. */
class Correspondence {
  readonly synSeq: number;
  /** ISN of the captured server; -1 not known. */
  iss = -1;
  /** The greatest ACK of the client so far, and what it was taken for. */
  seen = 0;
  given = 0;

  constructor(synSeq: number) {
    this.synSeq = synSeq;
  }
}

/** How far a server has sent: its ISN (-1: not known) and the number after its last byte, FIN included. */
export interface Sent {
  iss: number;
  next: number;
}

/**
 * What the client's ACK numbers stand for when another server answers. An ACK of all that the captured server had sent acknowledges all that
 * ours has sent; in between it is a position in the stream, but never beyond what ours has sent, and never less than an earlier one stood
 * for. A FIN counts as a byte. Numbers that the captured server could not have caused are left alone.
 */
export class AckMap {
  /** Segments whose number was changed. */
  changed = 0;
  /** Of the ACK mapped last, counted from the ISNs: as the client sent it, and what it stands for. */
  from = 0;
  to = 0;
  private readonly connections = new Map<string, Correspondence>();
  private current: Correspondence | null = null;
  private readonly captured: Sent = { iss: -1, next: 0 };
  private readonly ours: Sent = { iss: -1, next: 0 };

  /** A SYN of the client begins a connection. `capturedIss` -1: not known. */
  open(peek: Peek, synSeq: number, capturedIss: number): void {
    const key = keyOf(peek);
    const known = this.connections.get(key);
    if (known !== undefined && known.synSeq === synSeq) return;
    if (this.connections.size >= MOST) {
      const first = this.connections.keys().next().value;
      if (first !== undefined) this.connections.delete(first);
    }
    const one = new Correspondence(synSeq);
    one.iss = capturedIss;
    this.connections.set(key, one);
  }

  /** Before the numbers of a segment are mapped: false where there is nothing to map them by. */
  choose(peek: Peek, captured: Sent | null, ours: Sent | null): boolean {
    const one = this.connections.get(keyOf(peek));
    this.current = one ?? null;
    if (one === undefined || ours === null || ours.iss < 0) return false;
    if (captured !== null && captured.iss >= 0) {
      if (one.iss < 0) one.iss = captured.iss;
      this.captured.next = captured.next;
    } else this.captured.next = (one.iss + one.seen) >>> 0;
    if (one.iss < 0) return false;
    this.captured.iss = one.iss;
    this.ours.iss = ours.iss;
    this.ours.next = ours.next;
    return true;
  }

  /** The ACK number of the segment chosen, as the client would have sent it to our server. */
  mapAck(ack: number): number {
    const one = this.current!;
    const at = (ack - this.captured.iss) | 0;
    const sent = (this.captured.next - this.captured.iss) | 0;
    const ours = (this.ours.next - this.ours.iss) | 0;
    this.from = this.to = at;
    if (at < 0 || at > sent + MOST_MISSING) return (this.ours.iss + at) >>> 0;
    let given: number;
    if (at >= sent && at >= one.seen) given = ours;
    else if (at > one.seen) given = Math.max(Math.min(at, ours), one.given);
    else if (at === one.seen) given = one.given;
    else given = Math.min(at, one.given);
    if (at >= one.seen) {
      one.seen = at;
      one.given = given;
    }
    if (given !== at) this.changed++;
    this.from = at;
    this.to = given;
    return (this.ours.iss + given) >>> 0;
  }

  /** An edge of a SACK block: its position, or the end of what ours has sent. */
  mapEdge(edge: number): number {
    const at = (edge - this.captured.iss) | 0;
    const sent = (this.captured.next - this.captured.iss) | 0;
    const ours = (this.ours.next - this.ours.iss) | 0;
    if (at < 0 || at > sent + MOST_MISSING) return (this.ours.iss + at) >>> 0;
    return (this.ours.iss + (at >= sent ? ours : Math.min(at, ours))) >>> 0;
  }
}

function keyOf({ src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Peek): string {
  // joined: a template's parts would all be kept with it
  return [src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort].join();
}
