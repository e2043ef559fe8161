import { Random } from '../../host/random.ts';
import { formatIp } from '../../wire/address.ts';
import { Impairment } from '../cable/impairment.ts';
import { Viewpoint } from '../cable/viewpoint.ts';
import { Peer } from '../clients/peer.ts';
import type { StepRecord } from '../record/step-record.ts';
import { bytesOf } from '../text/tokens.ts';
import type { ClientStep, ConnectStep, ImpairStep, Node, RequestStep, Step } from '../tree/script.ts';
import { spanOf } from '../tree/script.ts';
import type { Cast, Named } from './cast.ts';
import { Handwriting } from './handwriting.ts';
import { type About, NOTHING_KNOWN, type OpenStep, type Ports } from './open-step.ts';
import { StepError } from './step-error.ts';

/** Nanoseconds: the round trip of a client that names none, through one switch. */
const RTT = 200_000;
const PING = 56;
const HTTP = 80;

/** Does what the steps of a script say, each at the time that the world shows. */
export class Player {
  private readonly cast: Cast;
  private readonly seed: number;
  private readonly random: Random;
  private readonly handwriting: Handwriting;
  /** What the step before was about: an expectation under `wait` asks about it too. */
  private last: About = NOTHING_KNOWN;

  constructor(cast: Cast, seed: number) {
    this.cast = cast;
    this.seed = seed;
    this.random = new Random(seed ^ 0xfa17);
    this.handwriting = new Handwriting(cast, seed);
  }

  /** Begins a step; gives what its expectations are about. Throws `StepError`. */
  async begin(step: Step, record: StepRecord | null): Promise<About> {
    const about = await this.act(step, record);
    if (about !== null) this.last = about;
    return about ?? this.last;
  }

  /** Would this step act on the connection that the open one is about? */
  actsOn(step: Step, open: OpenStep): boolean {
    const name = 'connection' in step ? step.connection : step.type === 'wire' ? step.from.name : undefined;
    const named = name === undefined ? undefined : this.cast.connections.get(name);
    return named !== undefined && open.connection === named.connection;
  }

  private async act(step: Step, record: StepRecord | null): Promise<About | null> {
    const { cast } = this;
    const { now } = cast.world;
    switch (step.type) {
      case 'client':
        this.join(step);
        return null;
      case 'impair':
        this.impair(step);
        return null;
      case 'connect':
        return this.connect(step, record);
      case 'send':
        return this.drive(step.connection, step, record, ({ connection }) => connection.send(cast.bytes(step.data, step)));
      case 'request':
        return this.drive(step.connection, step, record, (named) => {
          named.connection.isAsked = true;
          named.connection.send(this.request(step, named.ports));
        });
      case 'close':
        return this.drive(step.connection, step, record, ({ connection }) => connection.close());
      case 'shutdown':
        return this.drive(step.connection, step, record, ({ connection }) => connection.shutdown());
      case 'reset':
        return this.drive(step.connection, step, record, ({ connection }) => connection.reset());
      case 'read':
        return this.drive(step.connection, step, record, ({ connection }) => connection.read(step.amount));
      case 'udp': {
        const peer = this.client(step.client, step, record);
        const to = step.to.address ?? cast.serverAddress(peer.family, step);
        peer.udp(now, to, step.to.port, step.from, cast.bytes(step.data, step));
        return null;
      }
      case 'ping': {
        const peer = this.client(step.client, step, record);
        peer.ping(now, step.address ?? cast.serverAddress(peer.family, step), step.size ?? PING);
        return null;
      }
      case 'arp':
        this.client(step.client, step, record).arp(now, step.address);
        return null;
      case 'wire':
        return this.handwriting.wire(step, record);
      case 'hex':
        this.handwriting.hex(step, record);
        return null;
      case 'replay':
        await this.handwriting.replay(step, record);
        return null;
      case 'signal': {
        const link = cast.link(step.client, step, 'client');
        link.noise = step.noise ?? 0;
        link.level = step.level ?? 1;
        link.noiseSeed = step.seed ?? this.random.next();
        return null;
      }
      case 'capture':
        cast.world.wire.viewpoint = new Viewpoint(step, cast.config);
        return null;
      case 'wait':
      case 'check':
        return null;
    }
  }

  private client(name: string, step: Node, record: StepRecord | null): Peer {
    const peer = this.cast.peer(name, step, 'client');
    peer.step = record;
    return peer;
  }

  private join(step: ClientStep): void {
    const { world, config } = this.cast;
    if (world.cables.links.has(step.name))
      throw new StepError(`there is a client called ${step.name} already`, spanOf(step, 'name'));
    const mac = step.mac ?? { high: 0x0200, low: step.ip.words[3] };
    const seed = (this.seed + Math.imul(world.cables.links.size + 1, 0x9e37_79b1)) >>> 0;
    const peer = new Peer(step, mac, this.cast.prefixFor(step.ip), config, seed);
    world.join(peer, Math.round((step.rtt ?? RTT) / 2));
  }

  private impair(step: ImpairStep): void {
    const { loss = 0, dup = 0, reorder = 0, corrupt = 0, delay = 0, jitter = 0 } = step;
    const all = step.client === 'all';
    const links = all ? [...this.cast.world.cables.links.values()] : [this.cast.link(step.client, step, 'client')];
    links.forEach((link, i) => {
      const seed = step.seed === undefined ? this.random.next() : step.seed + i;
      link.impairment = new Impairment({ loss, dup, reorder, corrupt, delay, jitter }, seed);
    });
  }

  private connect(step: ConnectStep, record: StepRecord | null): About {
    const { cast } = this;
    const peer = this.client(step.client, step, record);
    const server = step.to.address ?? cast.serverAddress(peer.family, step);
    const clientPort = step.from ?? peer.freePort();
    const connection = peer.connect(cast.world.now, server, step.to.port, clientPort, record);
    if (connection === null) throw new StepError(`${peer.name} uses port ${clientPort} already`, spanOf(step, 'from'));
    const { family } = peer;
    const ports = { family, client: peer.address.words, clientPort, server: server.words, serverPort: step.to.port };
    cast.connections.set(step.as ?? step.client, { peer, connection, ports, server });
    cast.world.touch(connection);
    return { ports, connection, flow: null, responsesBefore: 0 };
  }

  /** The client's program does something with a connection. */
  private drive(name: string, step: Node, record: StepRecord | null, work: (named: Named) => void): About {
    const named = this.cast.connection(name, step);
    const { peer, connection, ports } = named;
    const responsesBefore = connection.responses.done;
    connection.step = record;
    connection.isAsked =
      (connection.isAsked && connection.awaitsResponse) || record?.step.expects.some(({ type }) => type === 'http') === true;
    peer.act(this.cast.world.now, () => work(named));
    this.cast.world.touch(connection);
    return { ports, connection, flow: null, responsesBefore };
  }

  private request(step: RequestStep, ports: Ports): Uint8Array {
    const version = step.http ?? '1.1';
    const body = this.cast.bytes(step.body, step);
    const has = (name: string) => step.header.some((field) => field.name.toLowerCase() === name);
    const lines = [`${step.method} ${step.target} HTTP/${version}`];
    if (version === '1.1' && !has('host')) lines.push(`Host: ${hostText(ports)}`);
    for (const { name, value } of step.header) lines.push(`${name}: ${value}`);
    if (body.length > 0 && !has('content-length') && !has('transfer-encoding')) lines.push(`Content-Length: ${body.length}`);
    return Buffer.concat([bytesOf(`${lines.join('\r\n')}\r\n\r\n`), body]);
  }
}

function hostText({ family, server, serverPort }: Ports): string {
  const [w0, w1, w2, w3] = server as [number, number, number, number];
  const address = formatIp(family, w0, w1, w2, w3);
  const port = serverPort === HTTP ? '' : `:${serverPort}`;
  return family === 6 ? `[${address}]${port}` : `${address}${port}`;
}
