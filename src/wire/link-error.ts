/** What a capturing card says is wrong with a frame: bits of Frame.linkErrors (the upper half of pcapng's epb_flags). */
export const LinkError = { crc: 0x100, tooLong: 0x200, tooShort: 0x400, unaligned: 0x1000 } as const;
