import { classicCases } from './compliance-classic.ts';
import { pcapngCases } from './compliance-pcapng.ts';

/** What a reader must say of one frame. Fields that are left out are those of a plain Ethernet frame that was captured whole. */
export interface ExpectedFrame {
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly wireLength?: number;
  readonly linkType?: number;
  readonly fcsLength?: number;
  readonly direction?: number;
  readonly interfaceId?: number;
  readonly linkErrors?: number;
  readonly comments?: readonly string[];
}

export interface ExpectedDamage {
  readonly code: string;
  readonly offset: number;
  /** Bytes lost, where the reader can know how long the input is. */
  readonly lostBytes: number;
}

/** One capture and all that a reader must find in it. */
export interface ComplianceCase {
  readonly name: string;
  readonly capture: Uint8Array;
  readonly origin: bigint;
  readonly frames: readonly ExpectedFrame[];
  readonly commentCount?: number;
  readonly damage?: ExpectedDamage;
  /** Whether pcap-parser, the second reader, can be held to it: undamaged microsecond pcap of version 2.4. */
  readonly second?: boolean;
}

export const COMPLIANCE: readonly ComplianceCase[] = [...classicCases(), ...pcapngCases()];
