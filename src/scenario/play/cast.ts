import type { Capture } from '../../capture/capture.ts';
import type { HostConfig, Mac } from '../../host/config.ts';
import type { Damage } from '../../trace/run.ts';
import { directedBroadcast4, isInPrefix } from '../../wire/address.ts';
import { NO_BYTES } from '../../wire/bytes.ts';
import type { Link } from '../cable/link.ts';
import type { Address, Peer } from '../clients/peer.ts';
import type { PeerConnection } from '../clients/peer-connection.ts';
import type { Node, Payload, Span } from '../tree/script.ts';
import { spanOf } from '../tree/script.ts';
import type { Ports } from './open-step.ts';
import { payloadBytes } from './payload.ts';
import { StepError } from './step-error.ts';
import type { World } from './world.ts';

/** Where a script's files are; `from` is the script that names them. */
export interface ScriptFiles {
  read(path: string, from: string): Uint8Array;
  open(path: string, from: string): Promise<Capture>;
}

/** A connection by its name in the script. */
export interface Named {
  readonly peer: Peer;
  readonly connection: PeerConnection;
  readonly ports: Ports;
  /** Where it goes. */
  readonly server: Address;
}

const BROADCAST: Mac = { high: 0xffff, low: 0xffff_ffff };

/** Who is there, by the names that the script uses: clients, connections, the server's addresses. */
export class Cast {
  readonly world: World;
  readonly config: HostConfig;
  readonly connections = new Map<string, Named>();
  /** Where captures that the script replays could not be read on. */
  readonly damage: Damage[] = [];
  private readonly files: ScriptFiles;

  constructor(world: World, config: HostConfig, files: ScriptFiles) {
    this.world = world;
    this.config = config;
    this.files = files;
  }

  link(name: string, step: Node, field: string): Link {
    const link = this.world.cables.links.get(name);
    if (link === undefined) throw new StepError(`no client is called ${name}`, spanOf(step, field));
    return link;
  }

  peer(name: string, step: Node, field: string): Peer {
    return this.link(name, step, field).peer;
  }

  connection(name: string, step: Node): Named {
    const named = this.connections.get(name);
    if (named === undefined) throw new StepError(`no connection is called ${name}`, spanOf(step, 'connection'));
    return named;
  }

  /** The server's first address of a family. */
  serverAddress(family: number, step: Node): Address {
    const address = this.config.addresses.find((own) => own.family === family);
    if (address === undefined) throw new StepError(`the server has no IPv${family} address`, step.at);
    return address;
  }

  /** The MAC that frames for this address are sent to: the server's, or everybody's. */
  macTowards({ family, words }: Address): Mac {
    const isBroadcast = this.config.addresses.some(
      (own) => family === 4 && own.family === 4 && own.prefix < 31 && directedBroadcast4(own.words[3], own.prefix) === words[3],
    );
    return isBroadcast ? BROADCAST : (this.config.macs[0] ?? BROADCAST);
  }

  /** Prefix length of a client's network: the server's, or one so wide that the server is on it. */
  prefixFor(address: Address): number {
    const [w0, w1, w2, w3] = address.words;
    let longest = 0;
    for (const { family, words, prefix } of this.config.addresses) {
      if (family !== address.family) continue;
      // IPv4 sits in the last of four words
      const bits = family === 4 ? prefix + 96 : prefix;
      if (isInPrefix(w0, w1, w2, w3, words[0], words[1], words[2], words[3], bits)) return prefix;
      longest = Math.max(longest, commonBits(family, address.words, words));
    }
    return longest;
  }

  /** `at`: what is shown where a file cannot be read. */
  bytes(payload: Payload | undefined, step: Node, at = step.where.data ?? spanOf(step, 'body')): Uint8Array {
    if (payload === undefined) return NO_BYTES;
    return payloadBytes(payload, (path) => {
      try {
        return this.files.read(path, step.at.file);
      } catch (error) {
        throw unread(error, at);
      }
    });
  }

  async openCapture(path: string, step: Node): Promise<Capture> {
    try {
      return await this.files.open(path, step.at.file);
    } catch (error) {
      throw unread(error, spanOf(step, 'file'));
    }
  }
}

function unread(error: unknown, at: Span): StepError {
  return new StepError(error instanceof Error ? error.message : String(error), at);
}

function commonBits(family: number, a: readonly number[], b: readonly number[]): number {
  let bits = 0;
  for (let word = family === 4 ? 3 : 0; word < 4; word++) {
    const same = Math.clz32(a[word]! ^ b[word]!);
    bits += same;
    if (same < 32) break;
  }
  return bits;
}
