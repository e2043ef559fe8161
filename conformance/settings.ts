import { SYSCTL_DEFAULTS, type SysctlName, type Sysctls, sysctls } from '../src/host/sysctl.ts';

/** What every scenario starts from; a scenario's own settings come on top. */
const BASE: Readonly<Record<string, string>> = {
  'ipv4/tcp_timestamps': '0',
  'ipv4/tcp_sack': '1',
  'ipv4/tcp_window_scaling': '1',
  'ipv4/tcp_ecn': '0',
  'ipv4/tcp_syncookies': '1',
  'ipv4/tcp_invalid_ratelimit': '0',
  'ipv4/tcp_rmem': '4096 131072 6291456',
  'ipv4/tcp_wmem': '4096 16384 4194304',
  'ipv4/icmp_ratelimit': '0',
  'ipv4/icmp_ratemask': '0',
  'ipv4/icmp_msgs_per_sec': '100000',
  'ipv4/icmp_msgs_burst': '100000',
  'ipv4/ip_forward': '0',
  'ipv4/conf/all/rp_filter': '0',
  'ipv6/icmp/ratelimit': '0',
  // Not the scenarios' doing: these belong to the recording machine.
  'core/rmem_max': '4194304',
  'core/wmem_max': '4194304',
};

/** How Linux makes one setting of that for all interfaces and that for the card, and what both are where nobody says anything. */
type Rule = readonly [join: 'or' | 'and' | 'max', all: number, card: number];
const OR_OFF: Rule = ['or', 0, 0];
const JOINED4: Readonly<Record<string, Rule>> = {
  rp_filter: ['max', 0, 0],
  arp_ignore: ['max', 0, 0],
  arp_announce: ['max', 0, 0],
  arp_accept: ['max', 0, 0],
  accept_local: OR_OFF,
  route_localnet: OR_OFF,
  drop_unicast_in_l2_multicast: OR_OFF,
  drop_gratuitous_arp: OR_OFF,
  accept_source_route: ['and', 0, 1],
  accept_redirects: ['or', 1, 1],
  send_redirects: ['or', 1, 1],
  secure_redirects: ['or', 1, 1],
  shared_media: ['or', 1, 1],
};

/** Settings that change nothing of what frames tell. */
const WITHOUT_EFFECT: readonly RegExp[] = [
  /^ipv4\/tcp_(congestion_control|no_metrics_save|early_demux|mtu_probing|available_\w+|allowed_\w+)$/,
  /^ipv4\/(ip_early_demux|udp_early_demux|ip_nonlocal_bind|fwmark_reflect|ip_local_port_range|ping_group_range)$/,
  /^ipv4\/(ipfrag_low_thresh|icmp_ignore_bogus_error_responses|icmp_errors_use_inbound_ifaddr|igmp_\w+)$/,
  /^ipv4\/conf\/\w+\/(log_martians|src_valid_mark|disable_policy|disable_xfrm|force_igmp_version|igmpv\d_\w+|mc_forwarding)$/,
  /^ipv4\/conf\/\w+\/(arp_filter|arp_notify|arp_evict_nocarrier|proxy_arp|proxy_arp_pvlan|medium_id|promote_secondaries)$/,
  /^ipv6\/(auto_flowlabels|flowlabel_\w+|fwmark_reflect|ip_nonlocal_bind|idgen_\w+|ip6frag_low_thresh)$/,
  // Of IPv6 the settings for all interfaces, or for those to come, are not the card's.
  /^ipv6\/conf\/(all|default)\/(?!forwarding$)\w+$/,
  /^ipv6\/conf\/tap0\/disable_ipv6$/,
  /^ipv6\/conf\/tap0\/(accept_source_route|seg6_enabled|rpl_seg_enabled|accept_dad|dad_transmits|autoconf|addr_gen_mode|use_tempaddr)$/,
  /^ipv6\/conf\/tap0\/(router_solicitations|accept_untracked_na|mldv\d_\w+|force_mld_version|proxy_ndp)$/,
];

/** The host's settings, of a scenario's: paths below `/proc/sys/net`. One that the host does not know, and that counts, is an error. */
export function sysctlsOf(own: Readonly<Record<string, string>>): Sysctls {
  const given = new Map<string, string>(Object.entries(BASE));
  for (const [path, value] of Object.entries(own)) given.set(path.replace(/^net\//, ''), value.trim());
  const found: Partial<Record<SysctlName, number>> = {};
  for (const [path, value] of given) {
    if (path.startsWith('ipv4/conf/') && (path.split('/').at(-1)! in JOINED4 || path.endsWith('/forwarding'))) continue;
    if (WITHOUT_EFFECT.some((pattern) => pattern.test(path))) continue;
    take(found, path, value);
  }
  const isRouter = forwards(given);
  if (isRouter !== undefined) found['ipv4.ip_forward'] = isRouter;
  for (const [name, rule] of Object.entries(JOINED4))
    found[`ipv4.${name}` as SysctlName] = joined(given, name, rule, isRouter ?? 0);
  return sysctls(found);
}

function take(found: Partial<Record<SysctlName, number>>, path: string, value: string): void {
  const name = path
    .replace(/^ipv6\/conf\/all\/forwarding$/, 'ipv6/forwarding')
    .replace(/^ipv6\/conf\/tap0\//, 'ipv6/')
    .replace(/\/neigh\/(default|tap0)\//, '/neigh/')
    .replaceAll('/', '.');
  const numbers = value.split(/\s+/).map(Number);
  const names = numbers.length === 3 ? ['min', 'default', 'max'].map((part) => `${name}_${part}`) : [name];
  for (const [i, key] of names.entries()) {
    if (key in SYSCTL_DEFAULTS) found[key as SysctlName] = numbers[i]!;
    // The least that a buffer may be for sending says nothing.
    else if (names.length === 1) throw new Error(`cannot play with net/${path} = ${value}`);
  }
}

/** `ip_forward` is the setting for all interfaces, and sets the card's. */
function forwards(given: ReadonlyMap<string, string>): number | undefined {
  const all = given.get('ipv4/conf/all/forwarding') ?? given.get('ipv4/ip_forward');
  const card = given.get('ipv4/conf/tap0/forwarding') ?? all;
  return card === undefined ? undefined : Number(card);
}

/** Settings for interfaces to come that one which is there already does not take over. */
const NOT_INHERITED = ['route_localnet', 'drop_unicast_in_l2_multicast'];

/** What is set for interfaces to come counts for one that is there and was not set itself. */
function joined(
  given: ReadonlyMap<string, string>,
  name: string,
  [join, allDefault, cardDefault]: Rule,
  isRouter: number,
): number {
  const at = (scope: string) => given.get(`ipv4/conf/${scope}/${name}`);
  const all = Number(at('all') ?? allDefault);
  const card = Number(at('tap0') ?? (NOT_INHERITED.includes(name) ? undefined : at('default')) ?? cardDefault);
  const isAnd = join === 'and' || (name === 'accept_redirects' && isRouter !== 0);
  if (join === 'max') return Math.max(all, card);
  return (isAnd ? all !== 0 && card !== 0 : all !== 0 || card !== 0) ? 1 : 0;
}
