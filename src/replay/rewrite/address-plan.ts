import type { HostAddress, Mac } from '../../host/config.ts';
import { isLoopback4, isLoopback6, parseIp } from '../../wire/address.ts';
import type { Survey } from '../survey/survey.ts';

type Words = HostAddress['words'];

/** An address of the capture, and what stands for it in the replay. */
export interface Substitute {
  readonly family: 4 | 6;
  readonly from: Words;
  readonly to: Words;
  /** A client that has the address which the script gives our host. */
  readonly conflicts?: true;
}

/** How frames of a capture become frames for our host: whose addresses and MACs are changed into which. */
export interface AddressPlan {
  readonly servers: readonly Substitute[];
  /** Where `conflicts` does not say otherwise, of frames that never were on a cable: loopback addresses, or the server's own, cannot arrive at a card. */
  readonly clients: readonly Substitute[];
  /** MACs of the captured server; empty where the link has none. */
  readonly macs: readonly Mac[];
  /** Our host's. */
  readonly addresses: readonly HostAddress[];
  readonly mac: Mac;
}

/** Where neither the script nor the capture says one. */
const MAC: Mac = { high: 0x0200, low: 0x0000_0001 };
const NET4 = words('10.0.0.0');
const NET6 = words('fd00::');
const PREFIX = { 4: 24, 6: 64 } as const;

/**
 * `own`: what the script says of our host, where it says something; `captured`: the captured server's. Each captured address becomes the same
 * one of ours where we have it, else our first of its family; where we have none of its family, it stays.
 */
export function planAddresses(
  own: { readonly addresses: readonly HostAddress[]; readonly macs: readonly Mac[] },
  captured: { readonly addresses: readonly HostAddress[]; readonly macs: readonly Mac[] },
  survey: Survey,
): AddressPlan {
  const servers: Substitute[] = [];
  const clients: Substitute[] = [];
  const addresses = [...own.addresses];
  const given = own.addresses.length > 0;
  for (const { family, words: from } of captured.addresses) {
    const sameFamily = own.addresses.filter((address) => address.family === family);
    if (sameFamily.some(({ words: to }) => isSame(from, to))) continue;
    const prefix = PREFIX[family];
    const to = sameFamily[0]?.words ?? (isLoopback(family, from) ? numbered(family, 1 + servers.length) : from);
    if (!given && !addresses.some((address) => isSame(address.words, to))) addresses.push({ family, words: to, prefix });
    if (!isSame(from, to)) servers.push({ family, from, to });
  }
  for (const { family, words: from } of survey.candidates.all) {
    // a host that talks to itself is its own client
    const conflicts =
      own.addresses.some((address) => isSame(address.words, from)) &&
      !captured.addresses.some((address) => isSame(address.words, from));
    if (conflicts) clients.push({ family, from, to: numbered(family, 0x65 + clients.length), conflicts });
    const isOwn = captured.addresses.some((address) => isSame(address.words, from));
    if (isOwn || isLoopback(family, from)) clients.push({ family, from, to: numbered(family, 0x65 + clients.length) });
  }
  const macs = captured.macs.filter(({ high, low }) => (high | low) !== 0);
  return { servers, clients, macs, addresses, mac: own.macs[0] ?? macs[0] ?? MAC };
}

function isLoopback(family: 4 | 6, [w0, w1, w2, w3]: Words): boolean {
  return family === 6 ? isLoopback6(w0, w1, w2, w3) : isLoopback4(w3);
}

/** The same address, as four words. */
export function isSame(a: Words, b: Words): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

function numbered(family: 4 | 6, n: number): Words {
  const [w0, w1, w2, w3] = family === 4 ? NET4 : NET6;
  return [w0, w1, w2, w3 + n];
}

function words(text: string): Words {
  const { w0, w1, w2, w3 } = parseIp(text)!;
  return [w0, w1, w2, w3];
}
