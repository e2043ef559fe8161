import type { HostAddress, ListenerConfig, Mac } from '../../host/config.ts';
import type { HostChoice } from '../../trace/run.ts';
import { isLoopback4, isLoopback6 } from '../../wire/address.ts';
import type { Candidate } from './candidates.ts';
import { isServerPort } from './ports.ts';
import type { Survey } from './survey.ts';

/** Addresses that one host is given at the most; the best attested come first. */
export const MOST_HOST_ADDRESSES = 4096;
const BACKLOG = 4096;
/** A MAC that fewer than this share of an address's frames carry is a damaged one. */
const MAC_SHARE = 0.1;
/** Where so many of the segments to an address came in frames to groups, a capture's MACs were rewritten. */
const GROUPED_SHARE = 0.25;
const GROUP = 0x0100;
const BROADCAST = 0xffff_ffff_ffff;

/** Whose place our host takes, and why. */
export interface ChosenHost {
  readonly addresses: readonly HostAddress[];
  /** Empty: the link has none. */
  readonly macs: readonly Mac[];
  readonly listeners: readonly ListenerConfig[];
  readonly how: HostChoice;
  /** Addresses that were asked for connections, never sent a frame, and were not chosen. */
  readonly silent: readonly Candidate[];
}

/**
 * Chooses the addresses that serve: those that accept connections, and then whoever else answers somebody that is no host; where
 * nobody answers, those that are asked; where nobody asks, those that receive.
 */
function chooseHosts(survey: Survey, given: readonly HostAddress[]): ChosenHost {
  if (given.length > 0)
    return choice(
      survey,
      given.map((address) => known(survey, address)),
      'given',
      given,
    );
  const chosen = new Set<Candidate>();
  const accepting = survey.candidates.all.filter((candidate) => candidate.accepted > 0);
  for (const candidate of accepting.sort((a, b) => b.accepted - a.accepted || a.number - b.number)) chosen.add(candidate);
  let how: HostChoice = chosen.size > 0 ? 'syn_ack' : 'answers';
  for (const { server, client, presumed } of survey.servers.pairs.values()) {
    if (presumed && !server.alive && isUnicast(server) && !chosen.has(client)) chosen.add(server);
  }
  if (how === 'answers' && chosen.size > 0) how = 'syn';
  const isPassedOver = chosen.size === 0 && survey.candidates.all.some(isSilent) ? isNeighbourOnly : () => false;
  for (const { server, client, alive } of survey.servers.pairs.values()) {
    if (alive && isUnicast(server) && !isPassedOver(server) && !chosen.has(server) && !chosen.has(client)) chosen.add(server);
  }
  if (how === 'answers' && isDeaf(survey, chosen)) {
    chosen.clear();
    how = 'receives';
    for (const { client } of survey.servers.pairs.values()) if (isUnicast(client)) chosen.add(client);
  }
  if (chosen.size === 0) {
    how = 'syn';
    for (const candidate of survey.candidates.all) if (candidate.asked > 0 && isUnicast(candidate)) chosen.add(candidate);
  }
  if (chosen.size === 0) {
    for (const { server, client } of survey.servers.pairs.values())
      if (isUnicast(server) && !isPassedOver(server) && !chosen.has(client)) chosen.add(server);
    how = holdsKnownPort(survey, chosen) ? 'port' : 'asked';
  }
  if (chosen.size === 0 && survey.messages.neighbours.size > 0) {
    const answering = [...survey.messages.neighbours].filter(([, answers]) => answers);
    how = answering.length > 0 ? 'answers' : 'asked';
    const [first] = (answering.length > 0 ? answering : [...survey.messages.neighbours])[0]!;
    if (isUnicast(first)) chosen.add(first);
  }
  if (chosen.size === 0) {
    how = 'receives';
    for (const candidate of survey.candidates.all) if (!candidate.alive && isUnicast(candidate)) chosen.add(candidate);
  }
  // a loopback address is the capturing host's own, whoever else is in the capture; on a cable it is a lie
  for (const candidate of survey.candidates.all) if (isLoopback(candidate) && hasNoMac(candidate)) chosen.add(candidate);
  const atCard = thoseAtCard(survey, chosen);
  if (atCard === null) how = 'receives';
  const candidates = (atCard ?? onlyAddressed(survey)).slice(0, MOST_HOST_ADDRESSES);
  return choice(survey, candidates, candidates.length === 0 ? 'none' : how, candidates.map(hostAddress));
}

/** Packets were sent to it alone, and it never spoke. */
function isSilent(one: Candidate): boolean {
  return !one.alive && isUnicast(one) && [...one.macs.keys()].some((mac) => !isGroup(mac));
}

/** It was asked and spoke by ARP only: to others, packets go through it. */
function isNeighbourOnly({ alive, macs }: Candidate): boolean {
  return !alive && macs.size === 0;
}

/**
 * What the file says of where frames went: where those of a chosen address go out, all addresses of which it says that. Null: none goes out,
 * and the chosen are who the frames come from.
 */
function thoseAtCard({ directions, candidates: { all } }: Survey, chosen: ReadonlySet<Candidate>): Candidate[] | null {
  if (directions === null) return [...chosen];
  const isOwn = (one: Candidate) => isUnicast(one) && directions.isOwn(one.words);
  if ([...chosen].some(isOwn)) return all.filter(isOwn);
  const areForeign = !directions.hasOut && [...chosen].every(({ words }) => directions.isForeign(words));
  return areForeign ? null : [...chosen];
}

function onlyAddressed({ directions, candidates: { all } }: Survey): Candidate[] {
  return all.filter((one) => isUnicast(one) && directions!.isOnlyAddressed(one.words));
}

/** The file says of frames where they went, and the chosen host is where that was. */
export function isAtCard({ directions }: Survey, { addresses }: ChosenHost): boolean {
  if (directions === null || addresses.length === 0) return false;
  return addresses.some(({ words }) => directions.isOwn(words)) || !directions.hasOut;
}

/** The captured server: as the user says; else at `own`, the addresses of a server file, if somebody there is talked to; else found. */
export function chooseCaptured(survey: Survey, given: readonly HostAddress[], own: readonly HostAddress[]): ChosenHost {
  const there = given.length > 0 ? [] : own.filter((address) => isServer(survey, known(survey, address)));
  return there.length > 0 ? { ...chooseHosts(survey, there), how: 'config' } : chooseHosts(survey, given);
}

/** Was it asked for something, or has it answered? */
function isServer(survey: Survey, candidate: Candidate | undefined): boolean {
  if (candidate === undefined) return false;
  for (const { server } of survey.servers.pairs.values()) if (server === candidate) return true;
  return candidate.asked > 0;
}

/** Nothing is ever sent to any of them nor to a group on their ports, and they are no TCP servers: only their answers were captured, on the way up somebody else's path. */
function isDeaf(survey: Survey, chosen: ReadonlySet<Candidate>): boolean {
  if (chosen.size === 0) return false;
  for (const { server, asked } of survey.servers.pairs.values()) if (asked && chosen.has(server)) return false;
  const endpoints = [...survey.servers.endpoints.values()];
  const groupPorts = new Set(endpoints.filter(({ address }) => !isUnicast(address)).map(({ port }) => port));
  return !endpoints.some(({ address, protocol, port }) => chosen.has(address) && (protocol === 'tcp' || groupPorts.has(port)));
}

/** Some port of theirs is one that servers listen on; else only that they are spoken to (ARP, echo requests, datagrams) tells. */
function holdsKnownPort(survey: Survey, chosen: ReadonlySet<Candidate>): boolean {
  for (const { address, port } of survey.servers.endpoints.values()) if (chosen.has(address) && isServerPort(port)) return true;
  return false;
}

function choice(
  survey: Survey,
  candidates: (Candidate | undefined)[],
  how: HostChoice,
  addresses: readonly HostAddress[],
): ChosenHost {
  const hosts = new Set(candidates);
  const macs = new Map<number, Mac>();
  for (const candidate of hosts) {
    if (candidate === undefined) continue;
    for (const mac of macsOf(candidate)) macs.set(mac, { high: Math.floor(mac / 4294967296), low: mac % 4294967296 });
  }
  const listeners: ListenerConfig[] = [];
  for (const endpoint of survey.servers.endpoints.values()) {
    if (!hosts.has(endpoint.address)) continue;
    const serves =
      endpoint.protocol === 'tcp' ? endpoint.accepted > 0 || endpoint.answered || endpoint.presumed : endpoint.answered;
    if (!serves) continue;
    const { protocol, port, address } = endpoint;
    listeners.push({ protocol, port, address: hostAddress(address), backlog: BACKLOG, program: 'captured' });
  }
  const silent = survey.candidates.all.filter((candidate) => candidate.asked > 0 && !candidate.alive && !hosts.has(candidate));
  return { addresses, macs: [...macs.values()], listeners, how, silent };
}

/** The MACs that an address has: those that many of its frames carry, so that a damaged one is none; all, where they were rewritten. */
function macsOf({ macs, claimed, segments, grouped }: Candidate): readonly number[] {
  if (macs.size === 0) return claimed;
  const voted = [...macs].filter(([mac]) => mac !== BROADCAST);
  if (grouped > 0 && grouped >= segments * GROUPED_SHARE) return voted.map(([mac]) => mac);
  const single = voted.filter(([mac]) => !isGroup(mac));
  let all = 0;
  for (const [, votes] of single) all += votes;
  const usual = single.filter(([, votes]) => votes >= all * MAC_SHARE);
  return (usual.length > 0 ? usual : single).map(([mac]) => mac);
}

function isGroup(mac: number): boolean {
  return (Math.floor(mac / 4294967296) & GROUP) !== 0;
}

function known(survey: Survey, { words }: HostAddress): Candidate | undefined {
  return survey.candidates.find(words[0], words[1], words[2], words[3]);
}

function hostAddress({ family, words }: Candidate): HostAddress {
  return { family, words, prefix: family === 4 ? 24 : 64 };
}

function isLoopback({ family, words }: Candidate): boolean {
  return family === 6 ? isLoopback6(...words) : isLoopback4(words[3]);
}

function hasNoMac({ macs }: Candidate): boolean {
  for (const mac of macs.keys()) if (mac !== 0) return false;
  return true;
}

function isUnicast({ family, words }: Candidate): boolean {
  if (family === 6) return words[0] >>> 24 !== 0xff && (words[0] | words[1] | words[2] | words[3]) !== 0;
  const first = words[3] >>> 24;
  return (first < 224 || (first >= 240 && words[3] !== 0xffffffff)) && words[3] !== 0;
}
