/** LINKTYPE_ numbers of capture files (https://www.tcpdump.org/linktypes.html) that rxpath climbs. */
export const LinkType = {
  null: 0,
  ethernet: 1,
  /** DLT_RAW on most systems, DLT_RAW on OpenBSD, and LINKTYPE_RAW. */
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  sll: 113,
  rawIpv4: 228,
  rawIpv6: 229,
  sll2: 276,
} as const;
