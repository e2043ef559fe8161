import type { HostAddress } from '../host/config.ts';
import { netmask4 } from '../wire/address.ts';
import { LiveError } from './error.ts';
import { AF_INET, AF_INET6, Ifreq, in6Ifreq } from './ifreq.ts';
import type { Libc } from './libc.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
/** <linux/sockios.h> */
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCSIFMTU = 0x8922;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;

/** Does the interface take part in the network? */
export function isUp(libc: Libc, name: string): boolean {
  return talk(libc, AF_INET, (call) => {
    const flags = new Ifreq(name);
    call(SIOCGIFFLAGS, flags.bytes, `asking whether ${name} is up`);
    return (flags.short & IFF_UP) !== 0;
  });
}

/** Gives the interface this machine's addresses and the MTU, and brings it up. An interface has one IPv4 address at most. Throws LiveError. */
export function bringUp(libc: Libc, name: string, addresses: readonly HostAddress[], mtu: number): void {
  talk(libc, AF_INET, (call) => {
    const size = new Ifreq(name);
    size.int = mtu;
    call(SIOCSIFMTU, size.bytes, `giving ${name} an MTU of ${mtu}`);
    for (const { family, words, prefix } of addresses) {
      if (family !== 4) continue;
      const request = new Ifreq(name);
      request.address4 = words[3];
      call(SIOCSIFADDR, request.bytes, `giving ${name} its address`);
      request.address4 = netmask4(prefix);
      call(SIOCSIFNETMASK, request.bytes, `giving ${name} its netmask`);
    }
    const flags = new Ifreq(name);
    call(SIOCGIFFLAGS, flags.bytes, `asking whether ${name} is up`);
    flags.short |= IFF_UP;
    call(SIOCSIFFLAGS, flags.bytes, `bringing ${name} up`);
  });
  if (!addresses.some(({ family }) => family === 6)) return;
  talk(libc, AF_INET6, (call) => {
    const index = new Ifreq(name);
    call(SIOCGIFINDEX, index.bytes, `asking for the number of ${name}`);
    for (const { family, words, prefix } of addresses) {
      if (family === 6) call(SIOCSIFADDR, in6Ifreq(words, prefix, index.int), `giving ${name} its IPv6 address`);
    }
  });
}

type Call = (request: number, argument: Uint8Array, doing: string) => void;

function talk<T>(libc: Libc, family: number, work: (call: Call) => T): T {
  const fd = libc.socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new LiveError(`no socket can be opened: ${libc.strerror(libc.errno())}`);
  try {
    return work((request, argument, doing) => {
      if (libc.ioctl(fd, request, argument) < 0) throw new LiveError(`${doing}: ${libc.strerror(libc.errno())}`);
    });
  } finally {
    libc.close(fd);
  }
}
