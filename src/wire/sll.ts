import { NO_BYTES, putU16, putU48, u16, u32, u48 } from './bytes.ts';

const PACKET_TYPE = 0;
const HARDWARE_TYPE = 2;
const ADDRESS_LENGTH = 4;
const ADDRESS = 6;
const PROTOCOL = 14;
export const SLL_HEADER = 16;

/** What the capturing Linux host thought of the packet; the same in SLL and SLL2. */
export const SllPacketType = { toUs: 0, broadcast: 1, multicast: 2, toOther: 3, fromUs: 4 } as const;

export const SllProblem = { none: 0, truncated: 1 } as const;

/** Linux cooked header, LINKTYPE_LINUX_SLL 113 (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html). It has no destination address. */
export class SllView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `SllProblem` number. */
  check(): number {
    return this.end - this.start < SLL_HEADER ? SllProblem.truncated : SllProblem.none;
  }

  get headerLength(): number {
    return SLL_HEADER;
  }
  /** An `SllPacketType` number. */
  get packetType(): number {
    return u16(this.bytes, this.start + PACKET_TYPE);
  }
  /** ARPHRD_ number of the interface. */
  get hardwareType(): number {
    return u16(this.bytes, this.start + HARDWARE_TYPE);
  }
  /** Bytes of the sender's address that mean something: 6 for a MAC, 0 for none. */
  get addressLength(): number {
    return u16(this.bytes, this.start + ADDRESS_LENGTH);
  }
  get sourceHigh(): number {
    return u16(this.bytes, this.start + ADDRESS);
  }
  get sourceLow(): number {
    return u32(this.bytes, this.start + ADDRESS + 2);
  }
  get source(): number {
    return u48(this.bytes, this.start + ADDRESS);
  }
  /** EtherType. */
  get protocol(): number {
    return u16(this.bytes, this.start + PROTOCOL);
  }
}

/** Fields of a Linux cooked header (LINKTYPE_LINUX_SLL). */
export interface SllFields {
  packetType?: number | undefined;
  /** Omitted: 1, Ethernet. */
  hardwareType?: number | undefined;
  /** Omitted: 6. */
  addressLength?: number | undefined;
  /** 48-bit integer. */
  source?: number | undefined;
  protocol: number;
}

/** Writes a header; returns the bytes written. */
export function encodeSll(fields: SllFields, out: Uint8Array, offset: number): number {
  putU16(out, offset + PACKET_TYPE, fields.packetType ?? SllPacketType.toUs);
  putU16(out, offset + HARDWARE_TYPE, fields.hardwareType ?? 1);
  putU16(out, offset + ADDRESS_LENGTH, fields.addressLength ?? 6);
  putU48(out, offset + ADDRESS, fields.source ?? 0);
  putU16(out, offset + ADDRESS + 6, 0);
  putU16(out, offset + PROTOCOL, fields.protocol);
  return SLL_HEADER;
}
