import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import pcapParser, { type ParsedPacket } from 'pcap-parser';
import { openCapture } from '../../src/capture/capture.ts';
import { CaptureReader } from '../../src/capture/reader.ts';
import { type ByteSource, inflated, openSource } from '../../src/capture/source.ts';
import { StreamSource } from '../../src/capture/stream-source.ts';
import { Frame } from '../../src/wire/frame.ts';
import type { ComplianceCase } from './compliance.ts';
import { MemorySource } from './memory-source.ts';

/** All that a reader has to say of a capture, in a form that compares. */
export interface Reading {
  origin: bigint;
  frames: Record<string, unknown>[];
  commentCount: number;
  damage: { code: string; offset: number; lostBytes: number | null } | null;
}

export interface ReaderUnderTest {
  readonly name: string;
  /** Whether it can be held to this case. */
  can(test: ComplianceCase): boolean;
  read(capture: Uint8Array): Promise<Reading>;
  /** What it must say: less than all for a reader that knows less. */
  expect(test: ComplianceCase): Reading;
}

/** The common surface of CaptureReader and Capture. */
interface Walked {
  next(frame: Frame): boolean;
  fill(): Promise<boolean>;
  close(): Promise<void>;
  readonly origin: bigint;
  readonly commentCount: number;
  readonly damage: { code: string; offset: number; lostBytes: number | null } | null;
}

export async function walk(reader: Walked): Promise<Reading> {
  const frames: Record<string, unknown>[] = [];
  const frame = new Frame();
  do while (reader.next(frame)) frames.push(copyOf(frame));
  while (await reader.fill());
  const { origin, commentCount, damage } = reader;
  await reader.close();
  const where = damage === null ? null : { code: damage.code, offset: damage.offset, lostBytes: damage.lostBytes };
  return { origin, frames, commentCount, damage: where };
}

function copyOf(frame: Frame): Record<string, unknown> {
  const { number, time, wireLength, linkType, fcsLength, direction, interfaceId, linkErrors, comments, bytes, start, end } =
    frame;
  const hex = Buffer.from(bytes.subarray(start, end)).toString('hex');
  return { number, time, wireLength, linkType, fcsLength, direction, interfaceId, linkErrors, comments, hex };
}

/** What ours must say; `sized` readers know where the input ends before they have read it. */
function expectation(test: ComplianceCase, sized: boolean): Reading {
  const frames = test.frames.map(({ bytes, comments = [], ...frame }, index) => ({
    number: index + 1,
    wireLength: bytes.length,
    linkType: 1,
    fcsLength: -1,
    direction: 0,
    interfaceId: 0,
    linkErrors: 0,
    ...frame,
    comments: [...comments],
    hex: Buffer.from(bytes).toString('hex'),
  }));
  const { origin, commentCount = 0, damage } = test;
  const known = sized || damage?.code === 'E_CAPTURE_TRUNCATED';
  return {
    origin,
    frames,
    commentCount,
    damage: damage === undefined ? null : { ...damage, lostBytes: known ? damage.lostBytes : null },
  };
}

/** A small generator of chunk lengths: the same every time. */
function chunks(bytes: Uint8Array, most: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let state = 12_345;
  for (let at = 0; at < bytes.length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const length = 1 + ((state >>> 16) % most);
    found.push(bytes.subarray(at, at + length));
    at += length;
  }
  return found;
}

async function* pieces(parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield part;
    await new Promise(setImmediate);
  }
}

function piped(bytes: Uint8Array, most: number): StreamSource {
  const pipe = new PassThrough();
  const stream = new StreamSource(pipe, 'pipe');
  void (async () => {
    for await (const piece of pieces(chunks(bytes, most))) pipe.write(piece);
    pipe.end();
  })();
  return stream;
}

export const directory = mkdtempSync(joinPath(tmpdir(), 'rxpath-capture-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Puts bytes into a file of the tests' own directory. */
export function put(name: string, bytes: Uint8Array): string {
  const path = joinPath(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** Several gzip members, cut where they like. */
export function gzipMembers(bytes: Uint8Array, count: number): Uint8Array {
  const length = Math.ceil(bytes.length / count);
  const parts = Array.from({ length: count }, (_, index) => gzipSync(bytes.subarray(index * length, (index + 1) * length)));
  return Uint8Array.from(Buffer.concat(parts));
}

type Open = (capture: Uint8Array) => Promise<ByteSource>;

function ours(name: string, sized: boolean, open: Open, can: (test: ComplianceCase) => boolean = () => true): ReaderUnderTest {
  return {
    name,
    can,
    read: async (capture) => walk(await CaptureReader.open(await open(capture))),
    expect: (test) => expectation(test, sized),
  };
}

const small = (test: ComplianceCase) => test.capture.length < 20_000;

const theirs: ReaderUnderTest = {
  name: 'pcap-parser',
  can: (test) => test.second === true,
  read: (capture) =>
    new Promise((resolve, reject) => {
      const stream = new PassThrough();
      const frames: Record<string, unknown>[] = [];
      const parser = pcapParser.parse(stream);
      parser.on('packet', ({ header, data }: ParsedPacket) => {
        const time = BigInt(header.timestampSeconds) * 1_000_000_000n + BigInt(header.timestampMicroseconds) * 1000n;
        frames.push({ number: frames.length + 1, time, wireLength: header.originalLength, hex: data.toString('hex') });
      });
      parser.on('error', reject);
      parser.on('end', () => resolve({ origin: 0n, frames, commentCount: 0, damage: null }));
      stream.end(capture);
    }),
  expect: (test) => {
    const { origin, frames } = expectation(test, false);
    // Rounded, because a time months after the first frame has no single nanoseconds.
    const seen = test.frames.map(({ time }, index) => {
      const { number, wireLength, hex } = frames[index]!;
      const microseconds = (origin + BigInt(time) + 500n) / 1000n;
      return { number, time: microseconds * 1000n, wireLength, hex };
    });
    return { origin: 0n, frames: seen, commentCount: 0, damage: null };
  },
};

/** Every way in which a capture can be read here. */
export const READERS: readonly ReaderUnderTest[] = [
  ours('memory', true, async (capture) => new MemorySource(capture)),
  ours('file', true, (capture) => openSource(put('case.pcap', capture))),
  ours('gzip file', false, (capture) => openSource(put('case.pcap.gz', gzipSync(capture)))),
  ours('gzip file of three members', false, (capture) => openSource(put('members.gz', gzipMembers(capture, 3)))),
  ours('gzip pipe', false, (capture) => inflated(piped(gzipMembers(capture, 2), 9)), small),
  ours('one byte at a time', true, async (capture) => new MemorySource(capture, 'bytes', 1), small),
  ours('pipe of single bytes', false, async (capture) => piped(capture, 1), small),
  ours('pipe of random pieces', false, async (capture) => piped(capture, 100_000)),
  ours('pipe of small pieces', false, async (capture) => piped(capture, 37), small),
  {
    name: 'openCapture',
    can: () => true,
    read: async (capture) => walk(await openCapture([put('opened.pcap', capture)])),
    expect: (test) => expectation(test, true),
  },
  theirs,
];
