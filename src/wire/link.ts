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

/** What people call link types, also those that rxpath does not climb. */
export const LINK_NAMES: Readonly<Record<number, string>> = {
  0: 'BSD loopback',
  1: 'Ethernet',
  6: 'token ring',
  9: 'PPP',
  10: 'FDDI',
  12: 'raw IP',
  14: 'raw IP',
  101: 'raw IP',
  104: 'Cisco HDLC',
  105: 'Wi-Fi',
  108: 'OpenBSD loopback',
  113: 'Linux cooked',
  127: 'Wi-Fi with radiotap',
  147: 'user 0',
  187: 'Bluetooth HCI',
  189: 'USB (Linux)',
  195: 'IEEE 802.15.4',
  220: 'USB (Linux, padded)',
  228: 'raw IPv4',
  229: 'raw IPv6',
  249: 'USBPcap',
  276: 'Linux cooked v2',
};
