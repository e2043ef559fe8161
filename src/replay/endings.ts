import type { Capture } from '../capture/capture.ts';
import type { CaptureFormat } from '../capture/reader.ts';
import type { HostAddress } from '../host/config.ts';
import type { Host } from '../host/host.ts';
import { State } from '../host/sockets.ts';
import type { ExchangeLog } from '../server/http/exchange-log.ts';
import type { Damage } from '../trace/run.ts';
import { formatIp } from '../wire/address.ts';

/** `10.0.0.1`, `2001:db8::1`. */
export function addressText({ family, words }: Pick<HostAddress, 'family' | 'words'>): string {
  return formatIp(family, words[0], words[1], words[2], words[3]);
}

/** `pcap`, `pcap (nanoseconds, gzip)`, `pcapng` … */
export function formatName({ name, nanoseconds, modified, compression }: CaptureFormat): string {
  const traits = [nanoseconds ? 'nanoseconds' : '', modified ? 'modified' : '', compression ?? ''].filter(
    (trait) => trait !== '',
  );
  return traits.length === 0 ? name : `${name} (${traits.join(', ')})`;
}

export function damageOf(capture: Capture): Damage[] {
  return capture.damages.map(({ file, offset, lostBytes, code, message }) => ({
    file,
    offset,
    lost: lostBytes ?? -1,
    code,
    message,
  }));
}

/** `tcp/80`, `udp/53`: what the host's sockets wait on. */
export function listening(host: Host): string[] {
  const found = new Set<string>();
  for (const { protocol, localPort, state } of host.bound()) {
    if (state === State.listen || state === State.unconnected) found.add(`${protocol}/${localPort}`);
  }
  return [...found];
}

/** Responses by status. */
export function statusCounts({ byStatus }: ExchangeLog): Map<number, number> {
  const responses = new Map<number, number>();
  for (let status = 0; status < byStatus.length; status++) if (byStatus[status]! > 0) responses.set(status, byStatus[status]!);
  return responses;
}
