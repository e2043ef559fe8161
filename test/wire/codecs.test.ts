import assert from 'node:assert/strict';
import fc from 'fast-check';
import { joinMac } from '../../src/wire/address.ts';
import { ArpView, encodeArp } from '../../src/wire/arp.ts';
import { EthernetView, encodeEthernet } from '../../src/wire/ethernet.ts';
import { encodeIcmp, IcmpView } from '../../src/wire/icmp.ts';
import { encodeIcmpv6, Icmpv6View } from '../../src/wire/icmpv6.ts';
import { encodeIpv4, Ipv4View } from '../../src/wire/ipv4.ts';
import { encodeIpv6, Ipv6View } from '../../src/wire/ipv6.ts';
import { encodeNdp, NdpView } from '../../src/wire/ndp.ts';
import { encodeSll, SllView } from '../../src/wire/sll.ts';
import { encodeSll2, Sll2View } from '../../src/wire/sll2.ts';
import { encodeTcp, TcpView } from '../../src/wire/tcp.ts';
import { encodeTcpOptions, TcpOptions } from '../../src/wire/tcp-options.ts';
import { encodeUdp, UdpView } from '../../src/wire/udp.ts';
import { encodeVlan, VlanView } from '../../src/wire/vlan.ts';

const bit = fc.boolean();
const u4 = fc.integer({ min: 0, max: 0xf });
const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const orNone = (value: fc.Arbitrary<number>) => fc.oneof(fc.constant(-1), value);
const words = (name: string) => Object.fromEntries([0, 1, 2, 3].map((i) => [`${name}${i}`, u32]));

type Fields = Record<string, unknown>;

interface Codec {
  name: string;
  fields: fc.Arbitrary<Fields>;
  encode(fields: Fields, out: Uint8Array, offset: number): number;
  /** Reads the fields back; asserts that the check is content. */
  decode(bytes: Uint8Array, start: number, end: number): object;
}

interface Checked {
  at(bytes: Uint8Array, start: number, end: number): Checked;
  check(): number;
}

function codec(name: string, view: Checked, encode: unknown, fields: Record<string, fc.Arbitrary<unknown>>): Codec {
  return {
    name,
    fields: fc.record(fields, { noNullPrototype: true }),
    encode: encode as Codec['encode'],
    decode(bytes, start, end) {
      assert.equal(view.at(bytes, start, end).check(), 0);
      return view;
    },
  };
}

const ndpBody: Codec['encode'] = (fields, out, offset) => {
  const body = new Uint8Array(64).fill(0xa5);
  const length = encodeNdp(fields as never, body, 0);
  const type = fields.type as number;
  return encodeIcmpv6({ type, rest: fields.rest as number, payload: body, payloadEnd: length }, out, offset);
};

const CODECS: Codec[] = [
  codec('ethernet', new EthernetView(), encodeEthernet, { destination: u48, source: u48, etherType: u16 }),
  codec('vlan', new VlanView(), encodeVlan, {
    id: fc.integer({ min: 0, max: 4095 }),
    priority: fc.integer({ min: 0, max: 7 }),
    dropEligible: bit,
    etherType: u16,
  }),
  codec('sll', new SllView(), encodeSll, {
    packetType: u16,
    hardwareType: u16,
    addressLength: u16,
    source: u48,
    protocol: u16,
  }),
  codec('sll2', new Sll2View(), encodeSll2, {
    packetType: u8,
    hardwareType: u16,
    addressLength: u8,
    source: u48,
    protocol: u16,
    interfaceIndex: u32,
  }),
  codec('arp', new ArpView(), encodeArp, {
    hardwareType: u16,
    protocolType: u16,
    operation: u16,
    senderMac: u48,
    senderIp: u32,
    targetMac: u48,
    targetIp: u32,
  }),
  codec('ipv4', new Ipv4View(), encodeIpv4, {
    tos: u8,
    totalLength: fc.integer({ min: 60, max: 0xffff }),
    id: u16,
    reservedFlag: bit,
    dontFragment: bit,
    moreFragments: bit,
    fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
    ttl: u8,
    protocol: u8,
    headerChecksum: u16,
    source: u32,
    destination: u32,
  }),
  codec('ipv6', new Ipv6View(), encodeIpv6, {
    trafficClass: u8,
    flowLabel: fc.integer({ min: 0, max: 0xfffff }),
    payloadLength: u16,
    nextHeader: u8,
    hopLimit: u8,
    ...words('source'),
    ...words('destination'),
  }),
  codec('icmp', new IcmpView(), encodeIcmp, { type: u8, code: u8, rest: u32, checksum: u16 }),
  codec('icmp echo', new IcmpView(), encodeIcmp, { type: u8, identifier: u16, sequence: u16 }),
  codec('icmpv6', new Icmpv6View(), encodeIcmpv6, { type: u8, code: u8, rest: u32, checksum: u16 }),
  codec('icmpv6 echo', new Icmpv6View(), encodeIcmpv6, { type: u8, identifier: u16, sequence: u16 }),
  codec('neighbour solicitation', new NdpView(), ndpBody, {
    type: fc.constant(135),
    sourceLinkLayer: orNone(u48),
    ...words('target'),
  }),
  codec('neighbour advertisement', new NdpView(), ndpBody, {
    type: fc.constant(136),
    targetLinkLayer: orNone(u48),
    ...words('target'),
  }),
  codec('router solicitation', new NdpView(), ndpBody, { type: fc.constant(133), sourceLinkLayer: orNone(u48) }),
  codec('router advertisement', new NdpView(), ndpBody, {
    type: fc.constant(134),
    reachableTime: u32,
    retransTimer: u32,
    sourceLinkLayer: orNone(u48),
    mtuOption: orNone(u32),
  }),
  codec('redirect', new NdpView(), ndpBody, {
    type: fc.constant(137),
    targetLinkLayer: orNone(u48),
    ...words('target'),
    ...words('destination'),
  }),
  codec('udp', new UdpView(), encodeUdp, {
    sourcePort: u16,
    destinationPort: u16,
    length: fc.integer({ min: 8, max: 0xffff }),
    checksum: u16,
  }),
  codec('tcp', new TcpView(), encodeTcp, {
    sourcePort: u16,
    destinationPort: u16,
    seq: u32,
    ack: u32,
    dataOffset: fc.constant(5),
    reserved: u4,
    flags: u8,
    window: u16,
    checksum: u16,
    urgentPointer: u16,
  }),
  {
    name: 'tcp options',
    fields: fc.record(
      {
        mss: orNone(u16),
        windowScale: orNone(fc.integer({ min: 0, max: 14 })),
        sackPermitted: bit,
        hasTimestamps: fc.constant(true),
        tsVal: u32,
        tsEcr: u32,
      },
      { noNullPrototype: true },
    ),
    encode: encodeTcpOptions as Codec['encode'],
    decode(bytes, start, end) {
      const options = new TcpOptions();
      options.parse(bytes, start, end);
      assert.equal(options.malformed, false);
      return options;
    },
  },
];

function encodeInto(one: Codec, fields: Fields, background: number): { out: Uint8Array; length: number } {
  const out = new Uint8Array(160).fill(background);
  return { out, length: one.encode(fields, out, 31) };
}

/** The MAC addresses of a view that can be read as one number and as two. */
function macNames(view: object): string[] {
  const names = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(view)));
  return names.filter((name) => names.includes(`${name}High`));
}

function wholesOf(view: object): number[] {
  return macNames(view).map((name) => Reflect.get(view, name));
}

function halvesOf(view: object): number[] {
  return macNames(view).map((name) => joinMac(Reflect.get(view, `${name}High`), Reflect.get(view, `${name}Low`)));
}

describe('every codec', () => {
  for (const one of CODECS) {
    it(`${one.name}: the view reads back the fields that were encoded`, () => {
      fc.assert(
        fc.property(one.fields, (fields) => {
          const { out, length } = encodeInto(one, fields, 0xa5);
          const view = one.decode(out, 31, 31 + length);
          const read = Object.fromEntries(Object.keys(fields).map((name) => [name, Reflect.get(view, name)]));
          assert.deepEqual(read, fields);
          assert.deepEqual(halvesOf(view), wholesOf(view));
        }),
        { seed: 1, numRuns: 200 },
      );
    });

    it(`${one.name}: writes each byte of what it says that it wrote, and none beside it`, () => {
      fc.assert(
        fc.property(one.fields, (fields) => {
          const { out, length } = encodeInto(one, fields, 0xa5);
          const other = encodeInto(one, fields, 0x5a);
          assert.equal(other.length, length);
          assert.deepEqual(out.subarray(31, 31 + length), other.out.subarray(31, 31 + length));
          assert.ok(out.subarray(0, 31).every((byte) => byte === 0xa5));
          assert.ok(out.subarray(31 + length).every((byte) => byte === 0xa5));
        }),
        { seed: 2, numRuns: 50 },
      );
    });
  }
});
