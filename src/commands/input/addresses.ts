import type { HostAddress } from '../../host/config.ts';
import type { ListenOption } from '../../replay/options.ts';
import { parseIp } from '../../wire/address.ts';
import { Exit, Failure } from '../failure.ts';

export function parseHost(text: string): HostAddress {
  return parseAddress(text, '--host');
}

/** `10.0.0.1`, `fd00::1`, with or without a prefix length. `flag`: what names it. */
export function parseAddress(text: string, flag: string): HostAddress {
  const [address, length, more] = text.split('/');
  const ip = parseIp(address!);
  if (ip === undefined || more !== undefined) throw usage(`${flag} ${text} is not an IP address. Example: ${flag} 10.0.0.1`);
  const most = ip.family === 6 ? 128 : 32;
  const prefix = length === undefined ? (ip.family === 6 ? 64 : 24) : Number(length);
  if (!Number.isInteger(prefix) || prefix < 0 || prefix > most)
    throw usage(`${flag} ${text}: the prefix length goes from 0 to ${most}.`);
  return { family: ip.family === 6 ? 6 : 4, words: [ip.w0, ip.w1, ip.w2, ip.w3], prefix };
}

/** `80`, `tcp/80`, `udp/53`. */
export function parseListen(text: string): ListenOption {
  const match = /^(?:(tcp|udp)\/)?(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65535)
    throw usage(`--listen ${text} is not a port. Examples: --listen 80, --listen udp/53`);
  return { protocol: (match[1]?.toLowerCase() ?? 'tcp') as 'tcp' | 'udp', port };
}

function usage(message: string): Failure {
  return new Failure('E_USAGE', Exit.usage, message);
}
