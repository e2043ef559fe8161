import { arp } from './catalogue/arp.ts';
import { driver } from './catalogue/driver.ts';
import { firewall } from './catalogue/firewall.ts';
import { forward } from './catalogue/forward.ts';
import { http } from './catalogue/http.ts';
import { icmp } from './catalogue/icmp.ts';
import { ip } from './catalogue/ip.ts';
import { nic } from './catalogue/nic.ts';
import { phy } from './catalogue/phy.ts';
import { server } from './catalogue/server.ts';
import { socket } from './catalogue/socket.ts';
import { tcp } from './catalogue/tcp.ts';
import { udp } from './catalogue/udp.ts';
import { type Decision, EFFECTS } from './decision.ts';

const TABLES = {
  ...phy,
  ...nic,
  ...driver,
  ...arp,
  ...ip,
  ...firewall,
  ...forward,
  ...icmp,
  ...udp,
  ...tcp,
  ...socket,
  ...server,
  ...http,
};

export type DecisionName = keyof typeof TABLES;

/** Decision names by number, in climbing order. */
export const NAMES = Object.keys(TABLES) as DecisionName[];

/** The catalogue by number. */
export const CATALOGUE: readonly Decision[] = Object.values(TABLES);

/** Decision numbers by name: what layers record. */
export const D = Object.freeze(Object.fromEntries(NAMES.map((name, number) => [name, number]))) as Readonly<
  Record<DecisionName, number>
>;

/** The effect (see `Effect`) of each decision number, for the hot path. */
export const EFFECT_OF = Uint8Array.from(CATALOGUE, (decision) => EFFECTS.indexOf(decision.effect));
