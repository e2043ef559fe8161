import { type FlowEnds, type HostAddress, type HostConfig, type ListenerConfig, PLAIN_HOST } from '../../host/config.ts';
import type { Packet } from '../../host/packet.ts';
import { sysctls } from '../../host/sysctl.ts';
import type { AnalyzeOptions } from '../options.ts';
import type { Witness } from '../survey/evidence.ts';
import type { ChosenHost } from '../survey/hosts.ts';

const BACKLOG = 4096;

/**
 * The host that stands in the captured server's place and follows it. `hasLetGo`: it has forgotten connections for others. `tookPart`: the
 * captured host has taken part in a flow, whatever a packet filter that is only described says.
 */
export function followingHost(
  chosen: ChosenHost,
  options: AnalyzeOptions,
  witness: Witness,
  hasLetGo: () => boolean,
  tookPart: (flow: FlowEnds) => boolean = () => false,
): HostConfig {
  const configured = options.server?.host;
  const given: readonly Pick<ListenerConfig, 'protocol' | 'port' | 'address'>[] =
    options.listen.length > 0 ? options.listen : (configured?.listeners ?? []);
  // a captured host of other addresses has the ports of the configured one, wherever that has them
  const isConfigured = configured?.addresses.some((address) => isAmong(address, chosen.addresses)) ?? false;
  const asked: ListenerConfig[] = given.map(({ protocol, port, address }) => ({
    protocol,
    port,
    backlog: BACKLOG,
    program: 'captured',
    ...(address !== undefined && isConfigured ? { address } : null),
  }));
  return {
    ...PLAIN_HOST,
    macs: chosen.macs,
    addresses: chosen.addresses,
    listeners: asked.length > 0 ? asked : chosen.listeners,
    sysctl: configured?.sysctl ?? sysctls(),
    ...(configured?.firewall === undefined ? null : { firewall: configured.firewall }),
    capture: {
      fcs: options.fcs,
      offload: options.offload,
      disregardChecksum: (packet: Packet) => options.offload && witness.isMeaningless(packet),
      answered: (packet: Packet) => witness.hasAnswered(packet),
      accepted: (packet: Packet) => witness.hasAccepted(packet),
      disproves: tookPart,
      speaks: (packet: Packet) => witness.speaks(packet),
      adopt: (packet: Packet) => witness.beganBefore(packet) || hasLetGo(),
      assumeListener: (packet: Packet) => witness.mayListen(packet),
      assumeUdp: (packet: Packet) => witness.mayHaveUdp(packet),
    },
    fragPolicy: options.fragPolicy,
    profile: options.profile ?? configured?.profile ?? 'linux',
  };
}

function isAmong(address: HostAddress, addresses: readonly HostAddress[]): boolean {
  return addresses.some(({ family, words }) => family === address.family && words.every((word, i) => word === address.words[i]));
}
