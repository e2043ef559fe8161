import type { FirewallTest, HostAddress } from '../../src/host/config.ts';
import { parseIp, parseMac } from '../../src/wire/address.ts';
import type { Field } from './fields.ts';
import { named } from './names.ts';

type Range = readonly [number, number];

/** A test of the field: any of the values, each as an nftables file writes it. */
export function testOf(field: Field, values: readonly string[], not: boolean, mask?: number): FirewallTest {
  const turned = not ? { not } : {};
  const { of } = field;
  if (of === 'source6' || of === 'destination6') return { of, networks: values.flatMap(networksOf), ...turned };
  const ranges = values.map((value) => rangeOf(field, value));
  return { of, ranges, ...turned, ...(mask === undefined ? {} : { mask }) };
}

/** `80`, `http`, `80-90`, `10.0.0.0/8`. */
export function rangeOf(field: Field, text: string): Range {
  const plain = text.replaceAll('"', '');
  const whole = numberOf(field, plain);
  if (whole !== undefined) return [whole, whole];
  const slash = /^(.+)\/(\d+)$/.exec(plain);
  if (slash !== null) {
    const first = numberOf(field, slash[1]!);
    const size = 2 ** (32 - Number(slash[2]));
    if (first !== undefined && size >= 1) return [Math.floor(first / size) * size, Math.floor(first / size) * size + size - 1];
  }
  for (let at = plain.indexOf('-'); at > 0; at = plain.indexOf('-', at + 1)) {
    const from = numberOf(field, plain.slice(0, at).trim());
    const to = numberOf(field, plain.slice(at + 1).trim());
    if (from !== undefined && to !== undefined && from <= to) return [from, to];
  }
  throw new Error(`cannot read the value ${text}`);
}

function numberOf({ of, names }: Field, text: string): number | undefined {
  const known = named(names ?? {}, text);
  if (known !== undefined) return known;
  if (of === 'source4' || of === 'destination4') {
    const address = parseIp(text);
    return address?.family === 4 ? address.w3 : undefined;
  }
  if (of === 'sourceMac' || of === 'destinationMac') return parseMac(text) ?? undefined;
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : undefined;
}

/** `fd00::/8`, one address, or all from one to another as the networks that they fill. */
function networksOf(text: string): HostAddress[] {
  const [from, to] = text.split('-').map((part) => part.trim()) as [string, string | undefined];
  if (to === undefined) return [network(from)];
  const found: HostAddress[] = [];
  for (let at = big(from); at <= big(to); ) {
    let bits = 0n;
    while (bits < 128n && at % (1n << (bits + 1n)) === 0n && at + (1n << (bits + 1n)) - 1n <= big(to)) bits++;
    const words = [96n, 64n, 32n, 0n].map((shift) => Number((at >> shift) & 0xffff_ffffn));
    found.push({ family: 6, words: words as [number, number, number, number], prefix: 128 - Number(bits) });
    at += 1n << bits;
  }
  return found;
}

function network(text: string): HostAddress {
  const [, ip, , prefix = '128'] = /^([^/]*)(\/(\d+))?$/.exec(text) ?? [];
  const address = parseIp(ip ?? '');
  if (address?.family !== 6 || Number(prefix) > 128) throw new Error(`cannot read the address ${text}`);
  const { w0, w1, w2, w3 } = address;
  return { family: 6, words: [w0, w1, w2, w3], prefix: Number(prefix) };
}

function big(text: string): bigint {
  return network(text).words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
}
