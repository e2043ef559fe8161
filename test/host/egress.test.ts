import assert from 'node:assert/strict';
import { buildFrame } from '../wire/frame-builder.ts';
import { Dice, ip, Machine } from './machine.ts';

const SECOND = 1_000_000_000;
const ethernet = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' } as const;

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('egress', () => {
  it('sends an ARP reply, byte for byte', () => {
    const machine = new Machine();
    machine.send({ ethernet: { destination: 'ff:ff:ff:ff:ff:ff' }, arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } });
    const senderMac = '02:00:00:00:00:01';
    const targetMac = '02:00:00:00:00:02';
    const arp = { operation: 2, senderMac, senderIp: '10.0.0.1', targetMac, targetIp: '10.0.0.2' };
    assert.deepEqual(
      machine.sent.map(({ bytes }) => hex(bytes)),
      [hex(buildFrame({ ethernet, arp }))],
    );
  });

  it('sends an echo reply, byte for byte but the id', () => {
    const machine = new Machine();
    const icmp = { type: 8, code: 1, identifier: 7, sequence: 3 };
    machine.send({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1', tos: 0xb8 }, icmp, payload: 'hello' });
    const { bytes } = machine.sent[0]!;
    const id = (bytes[18]! << 8) | bytes[19]!;
    assert.notEqual(id, 0);
    const expected = buildFrame({
      ethernet,
      ipv4: { source: '10.0.0.1', destination: '10.0.0.2', tos: 0xb8, id },
      icmp: { ...icmp, type: 0 },
      payload: 'hello',
    });
    assert.equal(hex(bytes), hex(expected));
  });

  const ways: readonly (readonly [string, string, string | undefined])[] = [
    ['a neighbour', '10.0.0.2', '020000000002'],
    ['beyond the router', '192.168.7.7', '0200000000fe'],
    ['the broadcast address', '10.0.0.255', 'ffffffffffff'],
  ];
  for (const [what, source, mac] of ways) {
    it(`answers ${what}`, () => {
      const machine = new Machine();
      machine.send({ ipv4: { source, destination: '10.0.0.1' }, icmp: { type: 8 } });
      assert.equal(hex(machine.sent[0]!.bytes.subarray(0, 6)), mac);
    });
  }

  it('says that there is no way', () => {
    const machine = new Machine({ gateways: [] });
    const path = machine.send({ ipv4: { source: '192.168.7.7', destination: '10.0.0.1' }, icmp: { type: 8 } });
    assert.deepEqual(path.slice(-2), ['icmp_echo_reply', 'ip_no_route_out']);
    assert.equal(machine.sent.length, 0);
  });

  for (const [source, destination, prefix] of [
    ['10.0.0.2', '10.0.0.1', 24],
    ['fd00:10::2', 'fd00:10::1', 64],
  ] as const) {
    it(`cuts what is longer than the MTU, so that ${source} can put it together again`, () => {
      const data = new Dice(1).bytes(4000);
      const header = prefix === 64 ? { ipv6: { source, destination } } : { ipv4: { source, destination } };
      const whole = buildFrame({ ...header, udp: { sourcePort: 5000, destinationPort: 7 }, payload: data });
      const server = new Machine({ mtu: 1280, minFrame: 14 });
      for (const piece of piecesOf(whole)) server.receive(piece);
      assert.equal(server.sent.length, 4);
      assert.ok(server.sent.every(({ bytes }) => bytes.length <= 1294));

      const client = new Machine({
        macs: [{ high: 0x0200, low: 2 }],
        addresses: [ip(source, prefix)],
        listeners: [{ protocol: 'udp', port: 5000, backlog: 0, program: 'echo' }],
      });
      for (const { bytes } of server.sent) client.receive(bytes);
      assert.deepEqual(client.read, [Buffer.from(data).toString('latin1')]);
    });
  }

  describe('neighbours', () => {
    const echo = { ipv4: { source: '10.0.0.9', destination: '10.0.0.1' }, icmp: { type: 8 } };
    const reply = { arp: { operation: 2, senderMac: '02:00:00:00:00:09', senderIp: '10.0.0.9', targetIp: '10.0.0.1' } };

    it('are asked for three times; then what waits is dropped', () => {
      const machine = new Machine();
      machine.send(echo);
      const activities = machine.advance(5 * SECOND);
      assert.deepEqual(activities, [['arp_request_sent'], ['arp_request_sent'], ['arp_unresolved']]);
      const times = machine.sent.map(({ time }) => Math.round(time / 1e6));
      assert.deepEqual(times, [0, 1024, 2048]);
      assert.ok(machine.sent.every(({ bytes }) => bytes[12] === 8 && bytes[13] === 6));
    });
    it('get what waited for them, in order, when they answer', () => {
      const machine = new Machine();
      for (const sequence of [1, 2, 3]) machine.send({ ...echo, icmp: { type: 8, sequence } });
      machine.clear();
      machine.send(reply);
      assert.deepEqual(
        machine.sent.map(({ bytes }) => [hex(bytes.subarray(0, 6)), bytes[41]]),
        [
          ['020000000009', 1],
          ['020000000009', 2],
          ['020000000009', 3],
        ],
      );
    });
    it('learnt from a question are used at once, then checked', () => {
      const machine = new Machine();
      const senderMac = '02:00:00:00:00:09';
      machine.send({ arp: { senderMac, senderIp: '10.0.0.9', targetIp: '10.0.0.1' } });
      machine.clear();
      machine.send(echo);
      assert.equal(machine.sent.length, 1);
      machine.clear();
      assert.deepEqual(machine.advance(8 * SECOND).flat(), ['arp_request_sent', 'arp_request_sent', 'arp_request_sent']);
      assert.equal(hex(machine.sent[0]!.bytes.subarray(0, 6)), '020000000009');
      assert.deepEqual(machine.advance(20 * SECOND).flat(), ['arp_unresolved']);
    });
    it('of IPv6 are asked for in their solicited-node group', () => {
      const machine = new Machine();
      machine.send({ ipv6: { source: 'fd00:10::12:3456', destination: 'fd00:10::1' }, icmpv6: { type: 128 } });
      const { bytes } = machine.sent[0]!;
      assert.equal(hex(bytes.subarray(0, 6)), '3333ff123456');
      assert.deepEqual([bytes[54], bytes[21]], [135, 255]);
    });
  });
});

/** Fragments of 1024 bytes of the packet in a frame. */
function piecesOf(frame: Uint8Array): Uint8Array[] {
  const is4 = frame[12] === 8;
  const at = is4 ? 34 : 54;
  const pieces: Uint8Array[] = [];
  for (let start = at; start < frame.length; start += 1024) {
    const payload = frame.slice(start, start + 1024);
    const moreFragments = start + 1024 < frame.length;
    const offset = start - at;
    if (is4) {
      const ipv4 = { source: '10.0.0.2', destination: '10.0.0.1', protocol: 17, id: 9, fragmentOffset: offset, moreFragments };
      pieces.push(buildFrame({ ipv4, payload }));
    } else {
      const extensions = Uint8Array.of(17, 0, offset >> 8, (offset & 0xf8) | Number(moreFragments), 0, 0, 0, 9);
      pieces.push(buildFrame({ ipv6: { source: 'fd00:10::2', destination: 'fd00:10::1', nextHeader: 44, extensions }, payload }));
    }
  }
  return pieces;
}
