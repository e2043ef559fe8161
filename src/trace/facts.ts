/**
 * What is known of the packet on its way up, for whoever prints it: layers fill in what they read. Addresses are four unsigned
 * 32-bit words, most significant first; IPv4 sits in the last word, the others are 0.
 */
export class Facts {
  /** Link type has MAC addresses; upper 16 and lower 32 bits, unsigned. */
  hasMacs = false;
  sourceMacHigh = 0;
  sourceMacLow = 0;
  destinationMacHigh = 0;
  destinationMacLow = 0;
  /** Outermost VLAN id; -1 without a tag. */
  vlan = -1;
  /** -1 where no EtherType was read. */
  etherType = -1;

  /** 4 or 6; 0 where no IP header was read. */
  family = 0;
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;
  /** IP protocol number (the transport's, after extension headers); -1 where none was read. */
  protocol = -1;

  /** The frame carries a fragment: identification, offset and number of its bytes, and more come after them. Id -1: it is none. */
  fragId = -1;
  fragOffset = 0;
  fragLength = 0;
  fragMore = false;

  /** Buffer of the packet: the frame's, or that of a reassembled datagram. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Transport header begins; one past the last byte of it that is there. */
  payloadStart = 0;
  payloadEnd = 0;

  /** A transport header was read: ports, and for TCP the fields below; for ICMP type and code. */
  hasTransport = false;
  sourcePort = 0;
  destinationPort = 0;
  tcpFlags = 0;
  /** Absolute. */
  seq = 0;
  ack = 0;
  /** The field, not scaled. */
  window = 0;
  /** Bytes of TCP, UDP or ICMP data, as the headers give them. */
  dataLength = 0;
  /** ISN of the sender of this packet and of its receiver; -1 where not known: numbers are then absolute. */
  senderIsn = -1;
  receiverIsn = -1;
  /** Replays: what the client's ACK number was in the capture, counted from the server's ISN, where it stands for another one here; -1: as it is. */
  capturedAck = -1;
  icmpType = 0;
  icmpCode = 0;
  arpOperation = 0;

  /** Descriptor of the socket it came to; -1: none. */
  fd = -1;

  /** Forgets the packet before. */
  reset(): void {
    this.hasMacs = false;
    this.vlan = -1;
    this.etherType = -1;
    this.family = 0;
    this.protocol = -1;
    this.fragId = -1;
    this.hasTransport = false;
    this.senderIsn = -1;
    this.receiverIsn = -1;
    this.fd = -1;
    this.dataLength = 0;
    this.arpOperation = 0;
    this.capturedAck = -1;
  }
}
