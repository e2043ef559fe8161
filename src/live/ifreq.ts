import { endianness } from 'node:os';
import { LiveError } from './error.ts';

/** struct ifreq of <net/if.h>: the interface's name, and what is asked or said of it. */
const NAME = 16;
const SIZE = 40;
const VALUE = NAME;
const LITTLE = endianness() === 'LE';

/** Bytes of an interface's name at most. */
const LONGEST_NAME = NAME - 1;

/** What is asked of the kernel about an interface, or told it. */
export class Ifreq {
  readonly bytes = new Uint8Array(SIZE);
  private readonly view = new DataView(this.bytes.buffer);

  constructor(name: string) {
    this.bytes.set(Buffer.from(name, 'latin1').subarray(0, LONGEST_NAME));
  }

  get short(): number {
    return this.view.getInt16(VALUE, LITTLE);
  }
  set short(value: number) {
    this.view.setInt16(VALUE, value, LITTLE);
  }

  get int(): number {
    return this.view.getInt32(VALUE, LITTLE);
  }
  set int(value: number) {
    this.view.setInt32(VALUE, value, LITTLE);
  }

  /** struct sockaddr_in: family, port, address (unsigned). */
  set address4(address: number) {
    this.short = AF_INET;
    this.view.setUint32(VALUE + 4, address);
  }
}

/** struct in6_ifreq of <linux/ipv6.h>. */
export function in6Ifreq(words: readonly number[], prefix: number, index: number): Uint8Array {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < 4; i++) view.setUint32(i * 4, words[i]!);
  view.setUint32(16, prefix, LITTLE);
  view.setInt32(20, index, LITTLE);
  return bytes;
}

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Throws LiveError for a name that no interface can have. */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9_.:-]+$/.test(name) || name === '.' || name === '..' || name.length > LONGEST_NAME)
    throw new LiveError(
      `no interface can be called ${JSON.stringify(name)}: up to ${LONGEST_NAME} letters, digits, dots, hyphens; for example tap0`,
    );
}
