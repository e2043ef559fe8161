import type { HostAddress, HostConfig } from '../../host/config.ts';
import { formatIp, isInPrefix } from '../../wire/address.ts';

const HTTP = 80;
/** MTU of an interface that nobody has given one. */
const USUAL_MTU = 1500;

/**
 * What to try on a host that is served behind an interface, and what is still to be done for that. `own`: the addresses that this machine was
 * given there; `isUp`: the interface takes part in the network.
 */
export function welcomeText(host: HostConfig, name: string, own: readonly HostAddress[], isUp: boolean): string {
  const first = host.addresses.find(({ family }) => family === 4) ?? host.addresses[0]!;
  const attempt = `${attemptOn(first, host)}; Ctrl-C ends with the summary`;
  const stray = own.find((address) => !host.addresses.some((theirs) => areNeighbours(address, theirs)));
  if (stray !== undefined)
    return `the host waits behind ${name}, but ${textOf(stray)} is in no network of its addresses: ${host.addresses.map(withPrefix).join(', ')}`;
  const here = own.length === 0 ? '' : ` (this machine is ${own.map(textOf).join(', ')} there)`;
  if (isUp) return `the host answers behind ${name}${here}: ${attempt}`;
  const free = withPrefix(neighbourOf(first));
  const mtu = host.mtu === USUAL_MTU ? '' : ` mtu ${host.mtu}`;
  return `the host waits behind ${name}. This machine needs an address there (--address ${free} gives it one), as root:
  ip address add ${free} dev ${name}
  ip link set ${name}${mtu} up
then: ${attempt}`;
}

/** Why this machine cannot have these addresses beside the host; null: it can. */
export function addressProblem(host: HostConfig, own: readonly HostAddress[]): string | null {
  const taken = own.find((address) => host.addresses.some((theirs) => textOf(theirs) === textOf(address)));
  if (taken === undefined) return null;
  return `${textOf(taken)} is the server’s own address: this machine needs another. Example: --address ${withPrefix(neighbourOf(taken))}`;
}

function attemptOn(address: HostAddress, { listeners }: HostConfig): string {
  const text = textOf(address);
  const port = listeners.find(({ protocol }) => protocol === 'tcp')?.port;
  if (port === undefined) return `ping ${text}`;
  return `curl http://${address.family === 6 ? `[${text}]` : text}${port === HTTP ? '' : `:${port}`}/`;
}

function areNeighbours(a: HostAddress, b: HostAddress): boolean {
  const bits = Math.min(a.prefix, b.prefix) + (a.family === 4 ? 96 : 0);
  return a.family === b.family && isInPrefix(...a.words, ...b.words, bits);
}

/** Another address of the same network. */
function neighbourOf(address: HostAddress): HostAddress {
  const [w0, w1, w2, w3] = address.words;
  return { ...address, words: [w0, w1, w2, (w3 & 0xff) === 0xfe ? w3 - 1 : w3 + 1] };
}

function withPrefix(address: HostAddress): string {
  return `${textOf(address)}/${address.prefix}`;
}

function textOf({ family, words }: HostAddress): string {
  return formatIp(family, words[0], words[1], words[2], words[3]);
}
