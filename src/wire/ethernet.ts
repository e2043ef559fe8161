import { NO_BYTES, putU16, putU48, u16, u32, u48 } from './bytes.ts';

const DESTINATION = 0;
const SOURCE = 6;
const ETHER_TYPE = 12;
/** Bytes of an Ethernet header without VLAN tags. */
export const ETHERNET_HEADER = 14;
/** Shortest frame without FCS (IEEE 802.3 §3.2.7); shorter ones are padded by the sender. */
export const ETHERNET_MIN = 60;

export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
  pause: 0x8808,
  slow: 0x8809,
  mpls: 0x8847,
  pppoeSession: 0x8864,
  eapol: 0x888e,
  qinq: 0x88a8,
  lldp: 0x88cc,
  /** Older double tagging. */
  qinqOld: 0x9100,
} as const;

/** Values of the type/length field up to this one are an 802.3 length, from 0x600 on an EtherType (IEEE 802.3 §3.2.6). */
export const LENGTH_MAX = 1500;

export const EthernetProblem = { none: 0, truncated: 1 } as const;

/** Ethernet header (IEEE 802.3 §3.1.1). MAC addresses as upper 16 and lower 32 bits, or as one 48-bit integer; unsigned. */
export class EthernetView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `EthernetProblem` number. */
  check(): number {
    return this.end - this.start < ETHERNET_HEADER ? EthernetProblem.truncated : EthernetProblem.none;
  }

  get destinationHigh(): number {
    return u16(this.bytes, this.start + DESTINATION);
  }
  get destinationLow(): number {
    return u32(this.bytes, this.start + DESTINATION + 2);
  }
  get destination(): number {
    return u48(this.bytes, this.start + DESTINATION);
  }
  get sourceHigh(): number {
    return u16(this.bytes, this.start + SOURCE);
  }
  get sourceLow(): number {
    return u32(this.bytes, this.start + SOURCE + 2);
  }
  get source(): number {
    return u48(this.bytes, this.start + SOURCE);
  }
  /** The type/length field. */
  get etherType(): number {
    return u16(this.bytes, this.start + ETHER_TYPE);
  }
  /** The field is an 802.3 length, and LLC follows. */
  get isLength(): boolean {
    return this.etherType <= LENGTH_MAX;
  }
}

/** Fields of an Ethernet II header (IEEE 802.3 §3.2), without preamble and FCS. */
export interface EthernetFields {
  /** 48-bit integers. */
  destination: number;
  source: number;
  etherType: number;
}

/** Writes a header; returns the bytes written. */
export function encodeEthernet(fields: EthernetFields, out: Uint8Array, offset: number): number {
  putU48(out, offset + DESTINATION, fields.destination);
  putU48(out, offset + SOURCE, fields.source);
  putU16(out, offset + ETHER_TYPE, fields.etherType);
  return ETHERNET_HEADER;
}
