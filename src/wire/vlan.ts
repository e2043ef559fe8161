import { NO_BYTES, putU16, u16 } from './bytes.ts';
import { EtherType } from './ethernet.ts';

const TCI = 0;
const ETHER_TYPE = 2;
/** Bytes that a tag adds after its TPID. */
export const VLAN_TAG = 4;

export const VlanProblem = { none: 0, truncated: 1 } as const;

/** The EtherType announces a VLAN tag (802.1Q, 802.1ad or the older 0x9100). */
export function isVlanType(etherType: number): boolean {
  return etherType === EtherType.vlan || etherType === EtherType.qinq || etherType === EtherType.qinqOld;
}

/** VLAN tag (IEEE 802.1Q §9.6), laid over what follows the TPID: tag control information and the EtherType of the rest. */
export class VlanView {
  bytes: Uint8Array = NO_BYTES;
  start = 0;
  end = 0;

  at(bytes: Uint8Array, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    return this;
  }

  /** A `VlanProblem` number. */
  check(): number {
    return this.end - this.start < VLAN_TAG ? VlanProblem.truncated : VlanProblem.none;
  }

  /** 0 to 4095; 0 is a priority tag, which names no VLAN. */
  get id(): number {
    return u16(this.bytes, this.start + TCI) & 0xfff;
  }
  get priority(): number {
    return this.bytes[this.start + TCI]! >> 5;
  }
  get dropEligible(): boolean {
    return (this.bytes[this.start + TCI]! & 0x10) !== 0;
  }
  /** EtherType or 802.3 length of what follows the tag. */
  get etherType(): number {
    return u16(this.bytes, this.start + ETHER_TYPE);
  }
}

/** Fields of a VLAN tag behind its TPID (IEEE 802.1Q §9.6), and the EtherType that follows it. */
export interface VlanFields {
  id: number;
  priority?: number | undefined;
  dropEligible?: boolean | undefined;
  etherType: number;
}

/** Writes tag control information and EtherType; returns the bytes written. */
export function encodeVlan(fields: VlanFields, out: Uint8Array, offset: number): number {
  const tci = ((fields.priority ?? 0) << 13) | (fields.dropEligible ? 0x1000 : 0) | (fields.id & 0xfff);
  putU16(out, offset + TCI, tci);
  putU16(out, offset + ETHER_TYPE, fields.etherType);
  return VLAN_TAG;
}
