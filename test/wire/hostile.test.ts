import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ArpView } from '../../src/wire/arp.ts';
import { EthernetView } from '../../src/wire/ethernet.ts';
import { IcmpView } from '../../src/wire/icmp.ts';
import { Icmpv6View } from '../../src/wire/icmpv6.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import { Ipv4Options } from '../../src/wire/ipv4-options.ts';
import { Ipv6View } from '../../src/wire/ipv6.ts';
import { Ipv6Extensions } from '../../src/wire/ipv6-extensions.ts';
import { NdpView } from '../../src/wire/ndp.ts';
import { SllView } from '../../src/wire/sll.ts';
import { Sll2View } from '../../src/wire/sll2.ts';
import { TcpView } from '../../src/wire/tcp.ts';
import { TcpOptions } from '../../src/wire/tcp-options.ts';
import { UdpView } from '../../src/wire/udp.ts';
import { VlanView } from '../../src/wire/vlan.ts';
import { realFrame } from './real-frames.ts';

/** Everything that a reader says about the range: fields and getters, without the range itself. */
type Read = (bytes: Uint8Array, start: number, end: number) => unknown;

interface View {
  at(bytes: Uint8Array, start: number, end: number): View;
  check(): number;
}

function gettersOf(prototype: object): string[] {
  const descriptors = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  return descriptors.filter(([, descriptor]) => descriptor.get !== undefined).map(([name]) => name);
}

/** The problem, and where there is none the value of every field and getter, offsets made relative to the start. */
function reading(make: () => View): Read {
  const view = make();
  const range = new Set(['bytes', 'start', 'end']);
  const names = [...Object.keys(view), ...gettersOf(Object.getPrototypeOf(view))].filter((name) => !range.has(name));
  return (bytes, start, end) => {
    const problem = view.at(bytes, start, end).check();
    if (problem !== 0) return { problem };
    return Object.fromEntries(
      names.map((name) => {
        const value = Reflect.get(view, name);
        return [name, /Start$|End$|At$/.test(name) && value >= 0 ? value - start : value];
      }),
    );
  };
}

const tcpOptions = new TcpOptions();
const ipv4Options = new Ipv4Options();
const extensions = new Ipv6Extensions();

const READERS: Record<string, Read> = {
  ethernet: reading(() => new EthernetView()),
  vlan: reading(() => new VlanView()),
  sll: reading(() => new SllView()),
  sll2: reading(() => new Sll2View()),
  arp: reading(() => new ArpView()),
  ipv4: reading(() => new Ipv4View()),
  ipv6: reading(() => new Ipv6View()),
  icmp: reading(() => new IcmpView()),
  icmpv6: reading(() => new Icmpv6View()),
  ndp: reading(() => new NdpView()),
  udp: reading(() => new UdpView()),
  tcp: reading(() => new TcpView()),
  tcpOptions(bytes, start, end) {
    tcpOptions.parse(bytes, start, end);
    return { ...tcpOptions, sack: [...tcpOptions.sack.subarray(0, 2 * tcpOptions.sackCount)] };
  },
  ipv4Options(bytes, start, end) {
    ipv4Options.parse(bytes, start, end - start);
    return { ...ipv4Options };
  },
  ipv6Extensions(bytes, start, end) {
    if (end - start < 40) return 'too short to be walked';
    extensions.walk(bytes, start, end);
    const { offset, fragmentAt, fragmentNamedAt, ...rest } = extensions;
    const offsets = [offset, fragmentAt, fragmentNamedAt];
    return { ...rest, offsets: offsets.map((at) => (at < 0 ? at : at - start)) };
  },
};

const GUARD = 64;

/** The bytes in the middle of a buffer full of something else. */
function surrounded(bytes: Uint8Array, guard: number): Uint8Array {
  const out = new Uint8Array(bytes.length + 2 * GUARD).fill(guard);
  out.set(bytes, GUARD);
  return out;
}

/** Reads the bytes within different surroundings: what a reader says must not depend on them. */
function readsOnlyItsRange(read: Read, bytes: Uint8Array): void {
  const told = [0x00, 0xff, 0x45].map((guard) => read(surrounded(bytes, guard), GUARD, GUARD + bytes.length));
  assert.deepEqual(told[1], told[0]);
  assert.deepEqual(told[2], told[0]);
  const atTheEdge = read(new Uint8Array(bytes), 0, bytes.length);
  assert.deepEqual(atTheEdge, told[0]);
}

/** Real packets from the IP header on, from the transport header on, and a few that only a liar sends. */
const SEEDS: Uint8Array[] = [
  ...(['syn', 'get', 'sackThreeBlocks', 'synAckRecordRoute', 'echoReplyTimestamp', 'neighborSolicitation'] as const).flatMap(
    (name) => [realFrame(name), realFrame(name).subarray(14), realFrame(name).subarray(34), realFrame(name).subarray(54)],
  ),
  realFrame('arpReply').subarray(14),
  realFrame('parameterProblem6').subarray(62),
];

const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .map(([seed, changes, cut]) => {
    const bytes = new Uint8Array(seed);
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return cut < 0.5 ? bytes : bytes.subarray(0, Math.floor(bytes.length * (2 * cut - 1)));
  });

describe('hostile bytes', () => {
  for (const [name, read] of Object.entries(READERS)) {
    it(`${name} reads random bytes without throwing and never beyond its range`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => readsOnlyItsRange(read, bytes)),
        { seed: 3, numRuns: 300 },
      );
    });

    it(`${name} reads changed and cut real packets without throwing and never beyond its range`, () => {
      fc.assert(
        fc.property(mutated, (bytes) => readsOnlyItsRange(read, bytes)),
        { seed: 4, numRuns: 500 },
      );
    });
  }

  it('views get through their check often enough for the above to mean something', () => {
    const passed = new Map<string, number>();
    fc.assert(
      fc.property(mutated, (bytes) => {
        for (const [name, read] of Object.entries(READERS)) {
          const told = read(surrounded(bytes, 0), GUARD, GUARD + bytes.length) as { problem?: number };
          if (told.problem === undefined || told.problem === 0) passed.set(name, (passed.get(name) ?? 0) + 1);
        }
      }),
      { seed: 5, numRuns: 1000 },
    );
    for (const name of Object.keys(READERS)) assert.ok((passed.get(name) ?? 0) >= 20, `${name}: ${passed.get(name) ?? 0}`);
  });
});
