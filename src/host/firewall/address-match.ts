import { isInPrefix, netmask4 } from '../../wire/address.ts';
import type { HostAddress } from '../config.ts';
import type { FirewallView } from './firewall-view.ts';

export function isSourceIn(net: HostAddress, view: FirewallView): boolean {
  const [n0, n1, n2, n3] = net.words;
  if (net.family === 4) return ((view.src3 ^ n3) & netmask4(net.prefix)) === 0;
  return isInPrefix(view.src0, view.src1, view.src2, view.src3, n0, n1, n2, n3, net.prefix);
}

export function isDestinationIn(net: HostAddress, view: FirewallView): boolean {
  const [n0, n1, n2, n3] = net.words;
  if (net.family === 4) return ((view.dst3 ^ n3) & netmask4(net.prefix)) === 0;
  return isInPrefix(view.dst0, view.dst1, view.dst2, view.dst3, n0, n1, n2, n3, net.prefix);
}
