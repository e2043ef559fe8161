import assert from 'node:assert/strict';
import { LinkType } from '../../../src/wire/link.ts';
import type { FrameFields } from '../../wire/frame-builder.ts';
import { GET, host, OK, SECOND, type Shot, shot, Talk, tell, together } from '../story.ts';

const FE80_1 = Uint8Array.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
const PING = { icmp: { type: 8, identifier: 1, sequence: 1 }, payload: 'abcdefgh' };
const PONG = { icmp: { type: 0, identifier: 1, sequence: 1 }, payload: 'abcdefgh' };
const QUERY = { udp: { sourcePort: 53_000, destinationPort: 53 }, payload: 'who?' };
const DISCOVER = { udp: { sourcePort: 68, destinationPort: 67 }, payload: 'who?' };
const OFFER = { udp: { sourcePort: 67, destinationPort: 68 }, payload: 'you' };
const ANSWER = { udp: { sourcePort: 53, destinationPort: 53_000 }, payload: 'you' };

function between(source: string, destination: string, rest: object, time = 0): Shot {
  const macs = source === '10.0.0.1' ? { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' } : {};
  return shot({ ethernet: macs, ipv4: { source, destination }, ...rest }, time);
}

/** Who has 10.0.0.1? It has. */
function arp(vlan: NonNullable<FrameFields['vlan']> = []): Shot[] {
  const broadcast = { destination: 'ff:ff:ff:ff:ff:ff' };
  const back = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
  const [senderMac, targetMac] = [back.source, back.destination];
  return [
    shot({ ethernet: broadcast, vlan, arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } }),
    shot({ ethernet: back, vlan, arp: { operation: 2, senderMac, senderIp: '10.0.0.1', targetMac, targetIp: '10.0.0.2' } }),
  ];
}

function solicitation(source = 'fe80::2'): Shot {
  return shot({
    ethernet: { destination: '33:33:ff:00:00:01' },
    ipv6: { source, destination: 'ff02::1:ff00:1', hopLimit: 255 },
    icmpv6: { type: 135 },
    payload: FE80_1,
  });
}

function advertisement(): Shot {
  return shot({
    ethernet: { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
    ipv6: { source: 'fe80::1', destination: 'fe80::2', hopLimit: 255 },
    icmpv6: { type: 136 },
    payload: FE80_1,
  });
}

describe('which host a capture is about', () => {
  const cases: [name: string, shots: () => Shot[], expected: string][] = [
    ['the one that accepts a connection', () => new Talk().open().shots, 'syn_ack: 10.0.0.1'],
    ['whatever the ports say', () => new Talk('10.0.0.2', '10.0.0.1', [80, 40_000]).open().shots, 'syn_ack: 10.0.0.1'],
    [
      'several, the one that accepts most first',
      () =>
        together(
          new Talk('10.0.0.2', '10.0.0.8').open(),
          new Talk('10.0.0.2', '10.0.0.9', [40_001, 80]).open(),
          new Talk('10.0.0.2', '10.0.0.9', [40_002, 80]).open(),
        ),
      'syn_ack: 10.0.0.9 10.0.0.8',
    ],
    ['IPv6 too', () => new Talk('fd00::2', 'fd00::1').open().shots, 'syn_ack: fd00::1'],
    [
      'of a connection in its middle the one that speaks as an HTTP server',
      () => new Talk('10.0.0.2', '10.0.0.1', [5000, 5001]).c('A').s('PA', OK).shots,
      'answers: 10.0.0.1',
    ],
    [
      'or is spoken to as one',
      () => new Talk('10.0.0.2', '10.0.0.1', [5000, 5001]).c('PA', GET).s('A').shots,
      'answers: 10.0.0.1',
    ],
    ['else the one with the well-known port', () => new Talk().c('PA', 'x').s('PA', 'y').shots, 'answers: 10.0.0.1'],
    [
      'else the end that several connections share',
      () =>
        together(
          new Talk('10.0.0.2', '10.0.0.1', [40_000, 50_000]).s('PA', 'x').c('PA', 'y'),
          new Talk('10.0.0.2', '10.0.0.1', [40_001, 50_000]).s('PA', 'x').c('PA', 'y'),
        ),
      'answers: 10.0.0.1',
    ],
    [
      'else the one that was spoken to',
      () => new Talk('10.0.0.2', '10.0.0.1', [40_000, 50_000]).c('PA', 'x').s('A').shots,
      'answers: 10.0.0.1',
    ],
    ['the one that answers neighbour solicitations', () => [solicitation(), advertisement()], 'answers: fe80::1'],
    ['not one that nobody asks for', () => [advertisement()], 'receives: fe80::2'],
    ['the one that they ask for', () => [solicitation()], 'asked: fe80::1'],
    ['not one that asks whether its own address is free', () => [solicitation('::')], 'none: '],
    [
      'whoever serves before one that is only a neighbour',
      () => [solicitation(), advertisement(), ...new Talk('fd00::1', 'fd00::2').open().shots],
      'syn_ack: fd00::2',
    ],
    [
      'the one that answers datagrams',
      () => [between('10.0.0.2', '10.0.0.1', QUERY), between('10.0.0.1', '10.0.0.2', ANSWER)],
      'answers: 10.0.0.1',
    ],
    [
      'the one that answers what all were asked',
      () => [between('0.0.0.0', '255.255.255.255', DISCOVER), between('10.0.0.1', '10.0.0.2', OFFER)],
      'answers: 10.0.0.1',
    ],
    ['the client of such a one, where nobody was asked', () => [between('10.0.0.1', '10.0.0.2', OFFER)], 'receives: 10.0.0.2'],
    [
      'the one that answers pings',
      () => [between('10.0.0.2', '10.0.0.1', PING), between('10.0.0.1', '10.0.0.2', PONG)],
      'answers: 10.0.0.1',
    ],
    ['the one that answers ARP', () => arp(), 'answers: 10.0.0.1'],
    ['the one that answers ARP behind a VLAN tag', () => arp([{ id: 7 }]), 'answers: 10.0.0.1'],
    [
      'the one that is asked in vain, not the router that answers ARP on the way there',
      () => [...arp(), between('10.0.0.2', '192.0.2.1', QUERY)],
      'port: 192.0.2.1',
    ],
    ['nor that router beside it', () => [...arp(), ...new Talk('10.0.0.2', '192.0.2.1').c('S').shots], 'syn: 192.0.2.1'],
    ['the one that is asked, where nobody answers', () => new Talk().c('S').c('S', '', { seq: 0 }).shots, 'syn: 10.0.0.1'],
    [
      'the one that a client goes on to talk to, though the capture never shows it speak',
      () => together(new Talk().c('S').c('A', '', { ack: 1 }), new Talk('10.0.0.2', '10.0.0.7', [40_001, 80]).c('S')),
      'syn: 10.0.0.1',
    ],
    [
      'beside those that accept',
      () => together(new Talk('10.0.0.2', '10.0.0.9').open(), new Talk().c('S').c('A', '', { ack: 1 })),
      'syn_ack: 10.0.0.9 10.0.0.1',
    ],
    ['the one that is pinged, where nobody answers', () => [between('10.0.0.2', '10.0.0.1', PING)], 'asked: 10.0.0.1'],
    ['the one that is asked for by ARP only', () => arp().slice(0, 1), 'asked: 10.0.0.1'],
    ['the one with the well-known port of datagrams', () => [between('10.0.0.2', '10.0.0.1', QUERY)], 'port: 10.0.0.1'],
    [
      'the one that receives, where only echo replies were captured',
      () => [between('10.0.0.2', '10.0.0.1', PONG)],
      'receives: 10.0.0.1',
    ],
    ['nobody, where there is no IP', () => [shot({ ethernet: { etherType: 0x88b5 } })], 'none: '],
    [
      'the loopback’s own address, beside the servers',
      () => together(new Talk().open(), new Talk('127.0.0.1', '127.0.0.1', [7, 8], LinkType.raw).c('R')),
      'syn_ack: 10.0.0.1 127.0.0.1',
    ],
    [
      'not one that only a damaged frame names',
      () =>
        together(new Talk().open(), {
          shots: [{ ...new Talk('10.0.0.1', '77.0.0.2', [80, 40_009]).s('SA', '', { damaged: true }).shots[0]!, time: SECOND }],
        }),
      'syn_ack: 10.0.0.1',
    ],
  ];
  for (const [name, shots, expected] of cases) {
    it(name, async () => assert.equal((await tell(shots())).hosts, expected));
  }

  it('is the one given, whatever the capture says', async () => {
    const told = await tell(new Talk().open().shots, { hosts: [host('10.0.0.2')] });
    assert.equal(told.hosts, 'given: 10.0.0.2');
    assert.deepEqual(told.verdicts, ['tcp_observed', 'tcp_active_open', 'tcp_observed']);
  });

  it('is learnt from a pipe as frames come', async () => {
    const told = await tell(new Talk().open().c('PA', GET).s('PA', OK).shots, {}, true);
    assert.equal(told.hosts, 'none: ');
    assert.deepEqual(told.endInfo!.host.addresses, ['10.0.0.1']);
    assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]]);
  });

  it('names the addresses that nobody answered for', async () => {
    const told = await tell(together(new Talk().open(), new Talk('10.0.0.2', '10.0.0.7', [40_001, 80]).c('S')));
    assert.deepEqual(told.startInfo!.notes, [{ code: 'silent_addresses', count: 1, text: '10.0.0.7' }]);
  });
});

describe('whose MACs are the host’s', () => {
  const other = { destination: '02:00:00:00:00:99' };
  const macs = (told: Awaited<ReturnType<typeof tell>>): readonly string[] => told.startInfo!.host.macs;

  it('those that its packets carry, in either direction', async () => {
    assert.deepEqual(macs(await tell(new Talk().open().shots)), ['02:00:00:00:00:01']);
    assert.deepEqual(macs(await tell(new Talk().c('S').c('S', '', { seq: 0 }).shots)), ['02:00:00:00:00:01']);
  });

  it('not one that a damaged frame has: the frame is somebody else’s', async () => {
    const talk = new Talk().open();
    for (let i = 0; i < 20; i++) talk.c('PA', 'x', i === 9 ? { macs: other } : {});
    const told = await tell(talk.shots);
    assert.deepEqual(macs(told), ['02:00:00:00:00:01']);
    assert.deepEqual(told.verdicts.filter((verdict) => verdict === 'nic_mac_other').length, 1);
  });

  it('two, where two carry its packets', async () => {
    const talk = new Talk().open();
    for (let i = 0; i < 10; i++) talk.c('PA', 'x', i % 2 === 0 ? { macs: other } : {});
    assert.deepEqual(macs(await tell(talk.shots)), ['02:00:00:00:00:01', '02:00:00:00:00:99']);
  });

  it('groups, where a capture’s MACs were rewritten and the server answered all the same', async () => {
    const group = { macs: { destination: '03:00:00:00:00:01' } };
    const told = await tell(new Talk().c('S', '', group).s('SA').c('A', '', group).c('PA', GET, group).s('PA', OK).shots);
    assert.deepEqual(told.requests, ['GET / 1.1']);
    assert.ok(macs(told).includes('03:00:00:00:00:01'));
  });

  it('none, for frames to all: TCP takes them only where the server answered', async () => {
    const all = { macs: { destination: 'ff:ff:ff:ff:ff:ff' } };
    const answered = await tell(new Talk().c('S', '', all).s('SA').c('A', '', all).c('PA', GET, all).shots);
    assert.deepEqual(answered.requests, ['GET / 1.1']);
    assert.ok(answered.decisions[0]!.includes('tcp_group_excused'));
    const ignored = await tell(new Talk().c('S', '', all).shots);
    assert.deepEqual(ignored.verdicts, ['tcp_not_unicast']);
  });
});

describe('addresses that no wire may carry', () => {
  it('are taken where the captured host answered them', async () => {
    for (const [client, server] of [
      ['127.0.0.1', '127.0.0.2'],
      ['237.1.2.3', '10.0.0.1'],
      ['ff02::9', 'fd00::1'],
    ] as const) {
      const told = await tell(new Talk(client, server).open().c('PA', GET).s('PA', OK).shots);
      assert.deepEqual([told.requests, told.statuses], [['GET / 1.1'], [200]], client);
      assert.ok(told.decisions[0]!.includes('ip_address_excused'), client);
    }
  });

  it('are refused where it did not', async () => {
    const told = await tell(new Talk('237.1.2.3', '10.0.0.1').c('S').shots);
    assert.deepEqual(told.verdicts, ['ipv4_source_group']);
  });

  it('knows its MAC from its ARP replies, where nothing else tells', async () => {
    assert.deepEqual((await tell(arp())).startInfo!.host.macs, ['02:00:00:00:00:01']);
    assert.deepEqual((await tell(arp().slice(0, 1))).startInfo!.host.macs, []);
  });
});
