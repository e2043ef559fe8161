import { NO_BYTES, putU16, putU32, putU48, u16, u32, u48 } from './bytes.ts';
import { EtherType } from './ethernet.ts';

const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
const SENDER_MAC = 8;
const SENDER_IP = 14;
const TARGET_MAC = 18;
const TARGET_IP = 24;
const FIXED = 8;
/** Bytes of an ARP packet for IPv4 over Ethernet. */
export const ARP_PACKET = 28;

export const ArpOperation = { request: 1, reply: 2 } as const;

export const ArpProblem = { none: 0, truncated: 1, badLengths: 2 } as const;

/** ARP for IPv4 over Ethernet (RFC 826). Addresses are only there when the lengths are 6 and 4, which `check` asks for. */
export class ArpView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** An `ArpProblem` number; after `badLengths` the fixed fields up to `operation` may still be read. */
  check(): number {
    const length = this.end - this.start;
    if (length < FIXED) return ArpProblem.truncated;
    if (this.hardwareLength !== 6 || this.protocolLength !== 4) return ArpProblem.badLengths;
    return length < ARP_PACKET ? ArpProblem.truncated : ArpProblem.none;
  }

  get hardwareType(): number {
    return u16(this.bytes, this.start + HARDWARE_TYPE);
  }
  get protocolType(): number {
    return u16(this.bytes, this.start + PROTOCOL_TYPE);
  }
  get hardwareLength(): number {
    return this.bytes[this.start + HARDWARE_LENGTH]!;
  }
  get protocolLength(): number {
    return this.bytes[this.start + PROTOCOL_LENGTH]!;
  }
  /** An `ArpOperation` number, or any other. */
  get operation(): number {
    return u16(this.bytes, this.start + OPERATION);
  }
  get senderMacHigh(): number {
    return u16(this.bytes, this.start + SENDER_MAC);
  }
  get senderMacLow(): number {
    return u32(this.bytes, this.start + SENDER_MAC + 2);
  }
  get senderMac(): number {
    return u48(this.bytes, this.start + SENDER_MAC);
  }
  get senderIp(): number {
    return u32(this.bytes, this.start + SENDER_IP);
  }
  get targetMacHigh(): number {
    return u16(this.bytes, this.start + TARGET_MAC);
  }
  get targetMacLow(): number {
    return u32(this.bytes, this.start + TARGET_MAC + 2);
  }
  get targetMac(): number {
    return u48(this.bytes, this.start + TARGET_MAC);
  }
  get targetIp(): number {
    return u32(this.bytes, this.start + TARGET_IP);
  }
}

/** Fields of an ARP packet (RFC 826). */
export interface ArpFields {
  /** Omitted: 1, Ethernet. */
  hardwareType?: number | undefined;
  /** Omitted: IPv4. */
  protocolType?: number | undefined;
  /** Omitted: 6 and 4. A wrong value moves nothing: the addresses stay where 6 and 4 put them. */
  hardwareLength?: number | undefined;
  protocolLength?: number | undefined;
  operation: number;
  /** MACs are 48-bit integers, addresses 32-bit numbers. */
  senderMac: number;
  senderIp: number;
  targetMac?: number | undefined;
  targetIp: number;
}

/** Writes a packet; returns the bytes written. */
export function encodeArp(fields: ArpFields, out: Uint8Array, offset: number): number {
  putU16(out, offset + HARDWARE_TYPE, fields.hardwareType ?? 1);
  putU16(out, offset + PROTOCOL_TYPE, fields.protocolType ?? EtherType.ipv4);
  out[offset + HARDWARE_LENGTH] = fields.hardwareLength ?? 6;
  out[offset + PROTOCOL_LENGTH] = fields.protocolLength ?? 4;
  putU16(out, offset + OPERATION, fields.operation);
  putU48(out, offset + SENDER_MAC, fields.senderMac);
  putU32(out, offset + SENDER_IP, fields.senderIp);
  putU48(out, offset + TARGET_MAC, fields.targetMac ?? 0);
  putU32(out, offset + TARGET_IP, fields.targetIp);
  return ARP_PACKET;
}
