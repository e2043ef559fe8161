/** What nftables calls by name. */
type Names = Readonly<Record<string, number>>;

export const PROTOCOLS: Names = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  gre: 47,
  icmpv6: 58,
  'ipv6-icmp': 58,
  sctp: 132,
};

export const ICMP_TYPES: Names = {
  'echo-reply': 0,
  'destination-unreachable': 3,
  redirect: 5,
  'echo-request': 8,
  'time-exceeded': 11,
  'parameter-problem': 12,
  'timestamp-request': 13,
  'timestamp-reply': 14,
  'address-mask-request': 17,
};

export const ICMPV6_TYPES: Names = {
  'destination-unreachable': 1,
  'packet-too-big': 2,
  'time-exceeded': 3,
  'parameter-problem': 4,
  'echo-request': 128,
  'echo-reply': 129,
  'nd-router-solicit': 133,
  'nd-router-advert': 134,
  'nd-neighbor-solicit': 135,
  'nd-neighbor-advert': 136,
  'nd-redirect': 137,
};

export const SERVICES: Names = {
  echo: 7,
  discard: 9,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  ntp: 123,
  https: 443,
};

/** Seconds. */
export const UNITS: Names = { second: 1, minute: 60, hour: 3600, day: 86400, week: 604800 };
