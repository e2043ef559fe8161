const NOTHING = new Uint8Array(0);

export const Sent = { tcp: 6, udp: 17, icmp: 1, icmpv6: 58, arp: 0, forwarded: 255 } as const;

/**
 * One packet that the host sends, as fields: reports print it, the comparison with a capture reads it, host/egress.ts makes
 * bytes of it. Addresses are four 32-bit words (unsigned, most significant first); IPv4 sits in the last word.
 */
export class Transmission {
  /** The reply decision that caused it. */
  why = 0;
  /** Nanoseconds, as in Frame.time. */
  time = 0;
  /** A `Sent` number. */
  protocol: number = Sent.tcp;
  /** 4 or 6. */
  family = 4;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** Of a forwarded packet (its bytes are the payload): the neighbour that gets it. */
  hop0 = 0;
  hop1 = 0;
  hop2 = 0;
  hop3 = 0;
  sourcePort = 0;
  destinationPort = 0;

  /** TCP flag bits as on the wire (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128). */
  flags = 0;
  /** Absolute, unsigned 32 bits, as is `ack`. */
  seq = 0;
  ack = 0;
  /** Our ISN and the peer's, for relative numbers; -1 where not known. */
  iss = -1;
  irs = -1;
  /** The field as sent: not scaled up. */
  window = 0;
  /** -1: no such option. */
  mss = -1;
  windowScale = -1;
  sackPermitted = false;
  hasTimestamps = false;
  tsVal = 0;
  tsEcr = 0;
  /** Left and right edges, absolute; `sackCount` pairs. */
  readonly sack = new Float64Array(8);
  sackCount = 0;

  /** Payload of TCP, UDP, ICMP (the quoted packet or the echoed data). Valid while the trace is. */
  payload: Uint8Array = NOTHING;
  payloadStart = 0;
  payloadEnd = 0;
  /** Bytes of the payload behind `payloadEnd`, which the capture does not have. */
  payloadMissing = 0;

  icmpType = 0;
  icmpCode = 0;
  /** The four bytes after the ICMP checksum, unsigned. */
  icmpRest = 0;

  /** ARP operation; sender and target addresses are src3/dst3, MACs below. */
  arpOperation = 0;

  ttl = 64;
  tos = 0;
  ipId = 0;
  dontFragment = true;
  /** IPv4 options to send, padded to four bytes. */
  ipOptions: Uint8Array = NOTHING;

  /** Destination MAC as two numbers (upper 16 and lower 32 bits, unsigned); -1: from the neighbour table. */
  macHigh = -1;
  macLow = 0;

  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart + this.payloadMissing;
  }

  clear(why: number, time: number): void {
    this.why = why;
    this.time = time;
    this.protocol = Sent.tcp;
    this.family = 4;
    this.src0 = this.src1 = this.src2 = this.src3 = 0;
    this.dst0 = this.dst1 = this.dst2 = this.dst3 = 0;
    this.hop0 = this.hop1 = this.hop2 = this.hop3 = 0;
    this.sourcePort = this.destinationPort = 0;
    this.flags = this.seq = this.ack = this.window = 0;
    this.iss = this.irs = -1;
    this.mss = this.windowScale = -1;
    this.sackPermitted = this.hasTimestamps = false;
    this.tsVal = this.tsEcr = this.sackCount = 0;
    this.payload = NOTHING;
    this.payloadStart = this.payloadEnd = this.payloadMissing = 0;
    this.icmpType = this.icmpCode = this.icmpRest = this.arpOperation = 0;
    this.ttl = 64;
    this.tos = this.ipId = 0;
    this.dontFragment = true;
    this.ipOptions = NOTHING;
    this.macHigh = -1;
    this.macLow = 0;
  }
}
