// Block types and option codes of pcapng (draft-ietf-opsawg-pcapng).

export const BlockType = {
  section: 0x0a0d0d0a,
  interface: 1,
  /** Obsolete. */
  packet: 2,
  simplePacket: 3,
  names: 4,
  statistics: 5,
  enhancedPacket: 6,
  secrets: 10,
  custom: 0x00000bad,
  customNoCopy: 0x40000bad,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** Codes 2 and up mean something else in each block. */
export const OptionCode = {
  end: 0,
  comment: 1,
  sectionHardware: 2,
  sectionOs: 3,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  interfaceResolution: 9,
  interfaceFilter: 11,
  interfaceFcsLength: 13,
  interfaceOffset: 14,
  packetFlags: 2,
  statisticsReceived: 4,
  statisticsDropped: 5,
  statisticsSystemDropped: 7,
} as const;

/** Type, total length, and the total length again at the end. */
export const BLOCK_FRAME_BYTES = 12;
/** Block header, and byte-order magic, version and section length. */
export const SECTION_BYTES = 28;
export const INTERFACE_BYTES = 20;
export const PACKET_BYTES = 32;
export const SIMPLE_PACKET_BYTES = 16;
export const STATISTICS_BYTES = 24;

/** Bytes of `length` with the padding to a multiple of four. */
export function padded(length: number): number {
  return length + (-length & 3);
}
