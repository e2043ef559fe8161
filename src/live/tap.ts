import { LiveError } from './error.ts';
import { checkName, Ifreq } from './ifreq.ts';
import { Errno, type Libc } from './libc.ts';
import type { Wire } from './wire.ts';

const DEVICE = '/dev/net/tun';
const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
/** <linux/if_tun.h> */
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;

/**
 * The far end of a TAP interface of Linux: what the machine sends out of the interface is read here, and what is written here arrives there.
 * The interface exists while it is open, unless it was made persistent before.
 */
export class Tap implements Wire {
  private readonly libc: Libc;
  private fd: number;
  private watching: { stop(): void } | null = null;

  /** Opens the interface, or makes it. Throws LiveError. */
  constructor(libc: Libc, name: string) {
    checkName(name);
    this.libc = libc;
    this.fd = libc.open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
    if (this.fd < 0) throw new LiveError(openProblem(libc));
    const request = new Ifreq(name);
    request.short = IFF_TAP | IFF_NO_PI;
    if (libc.ioctl(this.fd, TUNSETIFF, request.bytes) === 0) return;
    const problem = attachProblem(libc, name);
    libc.close(this.fd);
    throw new LiveError(problem);
  }

  read(into: Uint8Array): number {
    const { libc } = this;
    for (;;) {
      const length = libc.read(this.fd, into, into.length);
      if (length > 0) return length;
      const errno = libc.errno();
      if (length === 0 || errno === Errno.again) return 0;
      if (errno !== Errno.interrupted) return -1;
    }
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    return this.libc.write(this.fd, start === 0 ? bytes : bytes.subarray(start, end), length) === length;
  }

  watch(ready: () => void): void {
    this.watching = this.libc.watch(this.fd, ready);
  }

  unwatch(): void {
    this.watching?.stop();
    this.watching = null;
  }

  close(): void {
    this.unwatch();
    if (this.fd >= 0) this.libc.close(this.fd);
    this.fd = -1;
  }
}

function openProblem(libc: Libc): string {
  const errno = libc.errno();
  if (errno === Errno.noEntry || errno === Errno.noDevice)
    return `there is no ${DEVICE}: load the kernel's driver (modprobe tun), or give the container the device`;
  if (errno === Errno.access || errno === Errno.perm) return `${DEVICE} may not be opened: run it as root`;
  return `${DEVICE} cannot be opened: ${libc.strerror(errno)}`;
}

function attachProblem(libc: Libc, name: string): string {
  const errno = libc.errno();
  switch (errno) {
    case Errno.perm:
      return `a TAP interface needs root (CAP_NET_ADMIN); or have ${name} made for you: sudo ip tuntap add dev ${name} mode tap user $USER`;
    case Errno.busy:
      return `${name} is used by another program: choose another name`;
    case Errno.invalid:
      return `${name} is there already, and is no TAP interface: choose another name`;
    default:
      return `${name} cannot be opened as a TAP interface: ${libc.strerror(errno)}`;
  }
}
