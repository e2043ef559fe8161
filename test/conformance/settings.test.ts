import assert from 'node:assert/strict';
import { sysctlsOf } from '../../conformance/settings.ts';
import type { SysctlName } from '../../src/host/sysctl.ts';

describe('a recording’s settings', () => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, SysctlName, number])[] = [
    ['what every recording starts from', {}, 'ipv4.tcp_timestamps', 0],
    ['its own', { 'net/ipv4/ipfrag_time': '2' }, 'ipv4.ipfrag_time', 2],
    ['three numbers', { 'net/ipv4/tcp_rmem': '1 2 3' }, 'ipv4.tcp_rmem_default', 2],
    [
      'the greater of all’s and the card’s',
      { 'net/ipv4/conf/all/rp_filter': '2', 'net/ipv4/conf/tap0/rp_filter': '1' },
      'ipv4.rp_filter',
      2,
    ],
    ['both needed, the card’s default 1', { 'net/ipv4/conf/all/accept_source_route': '1' }, 'ipv4.accept_source_route', 1],
    ['both needed, one there', { 'net/ipv4/conf/tap0/accept_source_route': '1' }, 'ipv4.accept_source_route', 0],
    ['either, the other’s default 1', { 'net/ipv4/conf/all/send_redirects': '0' }, 'ipv4.send_redirects', 1],
    [
      'either, none',
      { 'net/ipv4/conf/all/send_redirects': '0', 'net/ipv4/conf/tap0/send_redirects': '0' },
      'ipv4.send_redirects',
      0,
    ],
    [
      'either; a router needs both',
      { 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/all/accept_redirects': '0' },
      'ipv4.accept_redirects',
      0,
    ],
    ['for interfaces to come, taken over', { 'net/ipv4/conf/default/arp_ignore': '1' }, 'ipv4.arp_ignore', 1],
    ['for interfaces to come, not taken over', { 'net/ipv4/conf/default/route_localnet': '1' }, 'ipv4.route_localnet', 0],
    ['forwarding of all', { 'net/ipv4/conf/all/forwarding': '1' }, 'ipv4.ip_forward', 1],
    ['forwarding of the card', { 'net/ipv4/ip_forward': '1', 'net/ipv4/conf/tap0/forwarding': '0' }, 'ipv4.ip_forward', 0],
    ['IPv6: the card’s', { 'net/ipv6/conf/tap0/hop_limit': '5' }, 'ipv6.hop_limit', 5],
    ['IPv6: not all’s', { 'net/ipv6/conf/all/hop_limit': '5' }, 'ipv6.hop_limit', 64],
    ['IPv6: all’s forwarding', { 'net/ipv6/conf/all/forwarding': '1' }, 'ipv6.forwarding', 1],
    ['neighbours by family', { 'net/ipv6/neigh/tap0/mcast_solicit': '2' }, 'ipv4.neigh.mcast_solicit', 3],
  ];
  for (const [what, own, name, value] of cases) it(what, () => assert.equal(sysctlsOf(own)[name], value));

  it('refuses what the host does not know', () => {
    assert.throws(
      () => sysctlsOf({ 'net/ipv4/icmp_echo_enable_probe': '1' }),
      /cannot play with net\/ipv4\/icmp_echo_enable_probe = 1/,
    );
    assert.throws(() => sysctlsOf({ 'net/ipv6/conf/tap0/proxy_ndp_x': '1' }), /cannot play with/);
  });
});
