import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildFrame, type FrameFields } from '../wire/frame-builder.ts';
import { ip, Machine, type MachineOptions } from './machine.ts';

/** A router with everything switched on. */
const ROUTER: MachineOptions = {
  sysctl: { 'ipv4.ip_forward': 1, 'ipv6.forwarding': 1, 'ipv4.accept_source_route': 1 },
  routes: [
    { destination: ip('10.9.0.0', 16), via: ip('10.0.0.254'), mtu: 300 },
    { destination: ip('fd09::', 16), via: ip('fd00:10::2') },
  ],
  listeners: [
    { protocol: 'udp', port: 7, backlog: 0, program: 'echo' },
    { protocol: 'tcp', port: 80, backlog: 4, program: 'echo' },
  ],
  firewall: [
    { action: 'drop', hook: 'raw', fragment: 'later', from: ip('10.0.0.3', 32), text: 'raw' },
    { action: 'accept', states: ['established', 'related'], text: 'accept' },
    { action: 'reject', protocol: 6, ports: [[81, 90]], rejectWith: 'tcp_reset', text: 'reset' },
    { action: 'reject', states: ['invalid'], text: 'reject' },
    { action: 'accept', limit: { perSecond: 1000 }, text: 'limit' },
  ],
};

const source4 = fc.constantFrom('10.0.0.2', '10.0.0.3', '10.9.0.7', '10.0.0.1', '0.0.0.0', '10.0.0.255');
const destination4 = fc.constantFrom('10.0.0.1', '10.9.0.5', '10.0.0.77', '10.0.0.255', '192.168.1.1', '224.0.0.1');
const source6 = fc.constantFrom('fd00:10::2', 'fd09::7', 'fe80::2', '::');
const destination6 = fc.constantFrom('fd00:10::1', 'fd09::5', 'fd00:10::77', 'ff02::2', '2001:db8::1');
const port = fc.constantFrom(7, 80, 85, 53, 5000);

const transport: fc.Arbitrary<FrameFields> = fc.oneof(
  fc.record({ sourcePort: port, destinationPort: port }).map((udp) => ({ udp })),
  fc
    .record({
      sourcePort: port,
      destinationPort: port,
      flags: fc.nat(255),
      seq: fc.nat(5000),
      ack: fc.nat(5000),
      window: fc.nat(65535),
    })
    .map((tcp) => ({ tcp })),
  fc.record({ type: fc.nat(20), code: fc.nat(5), rest: fc.nat() }).map((icmp) => ({ icmp })),
);

const network: fc.Arbitrary<FrameFields> = fc.oneof(
  fc
    .record({
      source: source4,
      destination: destination4,
      ttl: fc.constantFrom(0, 1, 2, 64),
      fragmentOffset: fc.constantFrom(0, 0, 0, 8, 64),
      moreFragments: fc.constantFrom(false, false, true),
      dontFragment: fc.boolean(),
      options: fc.constantFrom(
        new Uint8Array(0),
        Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0),
        Uint8Array.of(131, 7, 4, 10, 9, 0, 5, 0),
        Uint8Array.of(137, 11, 4, 10, 0, 0, 1, 10, 9, 0, 5, 0),
        Uint8Array.of(68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0),
      ),
    })
    .map((ipv4) => ({ ipv4 })),
  fc.record({ source: source6, destination: destination6, hopLimit: fc.constantFrom(0, 1, 64) }).map((ipv6) => ({ ipv6 })),
);

const frames = fc
  .tuple(network, transport, fc.uint8Array({ maxLength: 500 }), fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 }))
  .map(([packet, upper, payload, changes]) => {
    const bytes = buildFrame({ ...packet, ...upper, payload, pad: true });
    for (const [at, value] of changes) if (at >= 12 && at < bytes.length) bytes[at] = value;
    return bytes;
  });

describe('a router under random frames', () => {
  for (const [what, more] of [
    ['that takes them at once', {}],
    ['that is behind with its work', { ring: 8, irqUsecs: 20, irqFrames: 4, cpuPerFrame: 700 }],
  ] as const) {
    it(`${what} gives each one verdict, and sends nothing that is no frame`, () => {
      fc.assert(
        fc.property(fc.array(frames, { maxLength: 60 }), (list) => {
          const machine = new Machine({ ...ROUTER, ...more });
          const { host, trace } = machine;
          const told = new Map<number, number>();
          const tell = () => {
            if (trace.frame === 0) return;
            assert.notEqual(machine.effect, 'pass', machine.decisions().join());
            told.set(trace.frame, (told.get(trace.frame) ?? 0) + 1);
          };
          list.forEach((bytes, index) => {
            host.advance(index * 1000, tell);
            machine.receive(bytes, { time: index * 1000, number: index + 1 });
            if (machine.effect !== 'pass') tell();
          });
          host.advance(200e9, tell);
          assert.deepEqual(
            list.map((_, index) => told.get(index + 1)),
            list.map(() => 1),
          );
          assert.ok(machine.sent.every(({ bytes }) => bytes.length >= 14 && bytes.length <= 1514));
        }),
        { seed: 17, numRuns: 150 },
      );
    }).timeout(30_000);
  }
});
