import type { HostAddress, HostConfig, RouteConfig } from '../../host/config.ts';
import type { AddressPlan } from '../rewrite/address-plan.ts';

/** Captured frames may be longer than those of any cable (a card has put segments together), and shorter (the sender's card pads them). */
export const ANY_LENGTH = { minFrame: 14, maxFrame: 0x1_0000 + 64 } as const;
const EVERYWHERE: Readonly<Record<4 | 6, HostAddress>> = {
  4: { family: 4, words: [0, 0, 0, 0], prefix: 0 },
  6: { family: 6, words: [0, 0, 0, 0], prefix: 0 },
};

/**
 * The host of a server file in the captured server's place. Where the file has no default route, replies go back to the MACs that the client's
 * frames came from: a capture does not tell the routes.
 */
export function liveHost(script: HostConfig, plan: AddressPlan): HostConfig {
  const routes: RouteConfig[] = [...(script.routes ?? [])];
  for (const family of [4, 6] as const) {
    const isDefault = ({ destination }: RouteConfig): boolean => destination.family === family && destination.prefix === 0;
    const hasGateway = script.gateways?.some((gateway) => gateway.family === family) === true;
    if (!hasGateway && !routes.some(isDefault)) routes.push({ destination: EVERYWHERE[family] });
  }
  return {
    ...script,
    macs: script.macs.length > 0 ? script.macs : [plan.mac],
    addresses: plan.addresses,
    routes,
    minFrame: script.minFrame ?? ANY_LENGTH.minFrame,
    maxFrame: script.maxFrame ?? ANY_LENGTH.maxFrame,
    capture: null,
  };
}
