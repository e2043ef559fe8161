import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { PcapWriter } from '../src/capture/pcap-writer.ts';
import { TcpFlag } from '../src/wire/tcp.ts';
import { buildFrame } from '../test/wire/frame-builder.ts';

/** One kind of traffic: how many requests a connection carries and how large the responses are. */
interface Kind {
  readonly name: string;
  readonly connections: number;
  readonly requests: number;
  readonly body: number;
}

/** The two shapes that cost differently: much data in large segments, and many short connections. */
const KINDS: readonly Kind[] = [
  { name: 'http', connections: 400, requests: 40, body: 20_000 },
  { name: 'flows', connections: 40_000, requests: 1, body: 600 },
];

const MSS = 1448;
const SERVER = { ip: '10.77.0.1', mac: '02:00:00:00:00:01' };
const STEP = 5_000;

/** Writes the benchmark's captures into `directory`, unless they are there; gives their paths. */
export async function generateCaptures(directory: string): Promise<string[]> {
  mkdirSync(directory, { recursive: true });
  const paths: string[] = [];
  for (const kind of KINDS) {
    const path = join(directory, `${kind.name}.pcap`);
    if (!existsSync(path)) await generate(kind, path);
    paths.push(path);
  }
  return paths;
}

async function generate(kind: Kind, path: string): Promise<void> {
  const stream = createWriteStream(path);
  const writer = new PcapWriter(stream, { origin: 1_700_000_000_000_000_000n });
  let time = 0;
  for (let connection = 0; connection < kind.connections; connection++) {
    for (const bytes of conversation(kind, connection)) {
      writer.write({ bytes, start: 0, end: bytes.length, time, wireLength: bytes.length });
      time += STEP;
    }
    if (writer.backlog > 1 << 22) await writer.flush();
  }
  await writer.flush();
  stream.end();
  await finished(stream);
}

/** Handshake, requests and responses with an ACK for every second segment, FIN from the client. */
function* conversation(kind: Kind, connection: number): Generator<Uint8Array> {
  const client = { ip: `10.77.${1 + ((connection >> 8) & 63)}.${1 + (connection & 127)}`, mac: '02:00:00:00:00:02' };
  const port = 20_000 + (connection % 40_000);
  const stamp = { hasTimestamps: true, tsVal: 1000 + connection, tsEcr: 2000 + connection };
  const isn = { client: (connection * 64_007) >>> 0, server: (connection * 104_729 + 99) >>> 0 };
  let seq = isn.client + 1;
  let ack = isn.server + 1;
  const up = (flags: number, payload = '', at = seq): Uint8Array =>
    segment(client, SERVER, port, 80, at, ack, flags, payload, stamp);
  const down = (flags: number, payload = '', at = ack): Uint8Array =>
    segment(SERVER, client, 80, port, at, seq, flags, payload, stamp);

  yield segment(client, SERVER, port, 80, isn.client, 0, TcpFlag.syn, '', {
    mss: 1460,
    sackPermitted: true,
    windowScale: 7,
    ...stamp,
  });
  yield segment(SERVER, client, 80, port, isn.server, seq, TcpFlag.syn | TcpFlag.ack, '', {
    mss: 1460,
    sackPermitted: true,
    windowScale: 7,
    ...stamp,
  });
  yield up(TcpFlag.ack);
  const body = 'x'.repeat(kind.body);
  for (let request = 0; request < kind.requests; request++) {
    const get = `GET /r${request}?c=${connection} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench/1\r\nAccept: */*\r\n\r\n`;
    yield up(TcpFlag.ack | TcpFlag.psh, get);
    seq = (seq + get.length) >>> 0;
    const response = `HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/plain\r\nContent-Length: ${kind.body}\r\n\r\n${body}`;
    for (let from = 0, n = 1; from < response.length; from += MSS, n++) {
      const part = response.slice(from, from + MSS);
      yield down(from + MSS < response.length ? TcpFlag.ack : TcpFlag.ack | TcpFlag.psh, part);
      ack = (ack + part.length) >>> 0;
      if (n % 2 === 0) yield up(TcpFlag.ack);
    }
  }
  yield up(TcpFlag.fin | TcpFlag.ack);
  seq = (seq + 1) >>> 0;
  yield down(TcpFlag.fin | TcpFlag.ack);
  ack = (ack + 1) >>> 0;
  yield up(TcpFlag.ack);
}

interface End {
  readonly ip: string;
  readonly mac: string;
}

function segment(
  from: End,
  to: End,
  sourcePort: number,
  destinationPort: number,
  seq: number,
  ack: number,
  flags: number,
  payload: string,
  options: NonNullable<Parameters<typeof buildFrame>[0]['tcp']>['options'],
): Uint8Array {
  return buildFrame({
    ethernet: { source: from.mac, destination: to.mac },
    ipv4: { source: from.ip, destination: to.ip, dontFragment: true },
    tcp: { sourcePort, destinationPort, seq: seq >>> 0, ack, flags, window: 501, options },
    payload,
  });
}
