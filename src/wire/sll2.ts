import { NO_BYTES, putU16, putU32, putU48, u16, u32, u48 } from './bytes.ts';
import { SllPacketType } from './sll.ts';

const PROTOCOL = 0;
const RESERVED = 2;
const INTERFACE_INDEX = 4;
const HARDWARE_TYPE = 8;
const PACKET_TYPE = 10;
const ADDRESS_LENGTH = 11;
const ADDRESS = 12;
export const SLL2_HEADER = 20;

export const Sll2Problem = { none: 0, truncated: 1 } as const;

/** Linux cooked header v2, LINKTYPE_LINUX_SLL2 276 (tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html). */
export class Sll2View {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `Sll2Problem` number. */
  check(): number {
    return this.end - this.start < SLL2_HEADER ? Sll2Problem.truncated : Sll2Problem.none;
  }

  get headerLength(): number {
    return SLL2_HEADER;
  }
  /** EtherType. */
  get protocol(): number {
    return u16(this.bytes, this.start + PROTOCOL);
  }
  /** Number of the interface on the capturing host. */
  get interfaceIndex(): number {
    return u32(this.bytes, this.start + INTERFACE_INDEX);
  }
  /** ARPHRD_ number of the interface. */
  get hardwareType(): number {
    return u16(this.bytes, this.start + HARDWARE_TYPE);
  }
  /** An `SllPacketType` number. */
  get packetType(): number {
    return this.bytes[this.start + PACKET_TYPE]!;
  }
  /** Bytes of the sender's address that mean something: 6 for a MAC, 0 for none. */
  get addressLength(): number {
    return this.bytes[this.start + ADDRESS_LENGTH]!;
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
}

/** Fields of a Linux cooked header of the second version (LINKTYPE_LINUX_SLL2). */
export interface Sll2Fields {
  protocol: number;
  interfaceIndex?: number | undefined;
  /** Omitted: 1, Ethernet. */
  hardwareType?: number | undefined;
  packetType?: number | undefined;
  /** Omitted: 6. */
  addressLength?: number | undefined;
  /** 48-bit integer. */
  source?: number | undefined;
}

/** Writes a header; returns the bytes written. */
export function encodeSll2(fields: Sll2Fields, out: Uint8Array, offset: number): number {
  putU16(out, offset + PROTOCOL, fields.protocol);
  putU16(out, offset + RESERVED, 0);
  putU32(out, offset + INTERFACE_INDEX, fields.interfaceIndex ?? 0);
  putU16(out, offset + HARDWARE_TYPE, fields.hardwareType ?? 1);
  out[offset + PACKET_TYPE] = fields.packetType ?? SllPacketType.toUs;
  out[offset + ADDRESS_LENGTH] = fields.addressLength ?? 6;
  putU48(out, offset + ADDRESS, fields.source ?? 0);
  putU16(out, offset + ADDRESS + 6, 0);
  return SLL2_HEADER;
}
