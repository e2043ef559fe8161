const NONE = new Uint8Array(0);

/** What a record costs beside its bytes: the packet record and its head with room for all headers, on a 64-bit Linux. */
export const RECORD_OVERHEAD = 832;

/**
 * What is known of a sent record, as bits. `judged`: RACK has found it lost since it was last sent, and does not look at it again.
 * `joined`: its bytes lie in the memory of the SACKed record before it.
 */
export const Mark = { sacked: 1, retransmitted: 2, lost: 4, everRetransmitted: 8, judged: 16, joined: 32 } as const;

/** A run of bytes to send or sent, of one or several segments: what is acknowledged, SACKed and retransmitted as a whole. */
export class SendRecord {
  seq = 0;
  /** One past the last number; a FIN counts one beyond the bytes. */
  endSeq = 0;
  /** FIN and PSH of its last segment. */
  flags = 0;
  bytes: Uint8Array = NONE;
  start = 0;
  end = 0;
  /** Segments that it makes, and their size. */
  pcount = 1;
  mss = 0;
  /** `Mark` bits. */
  marks = 0;
  sentAt = 0;
  /** Segments that the peer had when it was sent. */
  delivered = 0;
  next: SendRecord | null = null;
  previous: SendRecord | null = null;

  get length(): number {
    return this.end - this.start;
  }

  /** Counts segments of size `mss`. */
  count(mss: number): void {
    const { length } = this;
    if (length <= mss) {
      this.pcount = 1;
      this.mss = 0;
    } else {
      this.pcount = Math.ceil(length / mss);
      this.mss = mss;
    }
  }
}

/** Records in order: first those sent and not acknowledged, from `firstUnsent` on those not sent. */
export class SendQueue {
  head: SendRecord | null = null;
  tail: SendRecord | null = null;
  firstUnsent: SendRecord | null = null;
  /** Records in the queue, those joined to another not counted. */
  count = 0;

  /** The last record that was sent. */
  get lastSent(): SendRecord | null {
    if (this.firstUnsent === null) return this.tail;
    return this.firstUnsent.previous;
  }

  get hasSent(): boolean {
    return this.head !== null && this.head !== this.firstUnsent;
  }

  append(record: SendRecord): void {
    record.previous = this.tail;
    record.next = null;
    if (this.tail === null) this.head = record;
    else this.tail.next = record;
    this.tail = record;
    this.count++;
    if (this.firstUnsent === null) this.firstUnsent = record;
  }

  insertAfter(at: SendRecord, record: SendRecord): void {
    record.previous = at;
    record.next = at.next;
    if (at.next === null) this.tail = record;
    else at.next.previous = record;
    at.next = record;
    this.count++;
  }

  remove(record: SendRecord): void {
    if (record === this.firstUnsent) this.firstUnsent = record.next;
    if (record.previous === null) this.head = record.next;
    else record.previous.next = record.next;
    if (record.next === null) this.tail = record.previous;
    else record.next.previous = record.previous;
    if ((record.marks & Mark.joined) === 0 && !this.isHeir(record.next)) this.count--;
    record.next = record.previous = null;
  }

  /** What was joined to a record that leaves has its memory now. */
  private isHeir(next: SendRecord | null): boolean {
    if (next === null || (next.marks & Mark.joined) === 0) return false;
    next.marks &= ~Mark.joined;
    return true;
  }

  /** The record's bytes are put into the memory of the one before it. */
  join(record: SendRecord): void {
    record.marks |= Mark.joined;
    this.count--;
  }

  /** Cuts a record after `length` bytes; the second part stays behind it with its flags. */
  split(record: SendRecord, length: number, mss: number): SendRecord {
    const rest = new SendRecord();
    rest.seq = (record.seq + length) >>> 0;
    rest.endSeq = record.endSeq;
    rest.bytes = record.bytes;
    rest.start = record.start + length;
    rest.end = record.end;
    rest.flags = record.flags;
    rest.marks = record.marks & ~Mark.joined;
    rest.sentAt = record.sentAt;
    rest.delivered = record.delivered;
    record.end = rest.start;
    record.endSeq = rest.seq;
    record.flags = 0;
    record.count(mss);
    rest.count(mss);
    this.insertAfter(record, rest);
    return rest;
  }

  clear(): void {
    this.head = this.tail = this.firstUnsent = null;
    this.count = 0;
  }
}
