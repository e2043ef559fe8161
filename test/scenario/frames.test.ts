import assert from 'node:assert/strict';
import { u16, u32 } from '../../src/wire/bytes.ts';
import { checksum, pseudoHeader4 } from '../../src/wire/checksum.ts';
import { crc32, fcsAt } from '../../src/wire/crc32.ts';
import { play } from './play.ts';

const HOST = `server eth0  mac 02:00:00:00:00:01  ip 10.0.0.1/24
client bob   mac 02:00:00:00:00:0b  ip 10.0.0.11
`;

/** The frames that a line puts on the wire, in their order. */
async function sent(line: string): Promise<{ time: number; bytes: Uint8Array }[]> {
  const { wire } = await play(`${HOST}${line}\n`);
  // what the client's machine says itself is ARP
  return wire.filter(({ inbound, bytes }) => inbound && !(u16(bytes, 12) === 0x806 && u16(bytes, 20) === 2));
}

async function one(line: string): Promise<Uint8Array> {
  const frames = await sent(line);
  assert.equal(frames.length, 1, line);
  return frames[0]!.bytes;
}

const hasFcs = (bytes: Uint8Array) => crc32(bytes, 0, bytes.length - 4) === fcsAt(bytes, bytes.length - 4);
const hasIpChecksum = (bytes: Uint8Array) => checksum(bytes, 14, 34) === 0;
const hasChecksum = (bytes: Uint8Array) => {
  const end = 14 + u16(bytes, 16);
  return checksum(bytes, 34, end, pseudoHeader4(u32(bytes, 26), u32(bytes, 30), bytes[23]!, end - 34)) === 0;
};
const hex = (bytes: Uint8Array, start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString('hex');
const UDP = 'bob:4000 > 7 udp "hello"';

describe('frames by hand', () => {
  it('are right where nothing is said', async () => {
    const bytes = await one(UDP);
    assert.equal(bytes.length, 64);
    assert.equal(hex(bytes, 0, 14), '02000000000102000000000b0800');
    assert.equal(hex(bytes, 26, 34), '0a00000b0a000001');
    assert.equal(hex(bytes, 34, 40), '0fa00007000d');
    assert.equal(Buffer.from(bytes.subarray(42, 47)).toString(), 'hello');
    assert.deepEqual([hasFcs(bytes), hasIpChecksum(bytes), hasChecksum(bytes)], [true, true, true]);
  });

  const spoiled: readonly [how: string, fcs: boolean, ip: boolean, transport: boolean][] = [
    ['corrupt fcs', false, true, true],
    ['corrupt ip_checksum', true, false, true],
    ['corrupt udp_checksum', true, true, false],
    ['corrupt checksum', true, true, false],
    ['corrupt byte 44', true, true, false],
    ['corrupt fcs corrupt ip_checksum', false, false, true],
  ];
  for (const [how, fcs, ip, transport] of spoiled) {
    it(`are wrong in exactly what is to be wrong: ${how}`, async () => {
      const bytes = await one(`${UDP} ${how}`);
      assert.deepEqual([hasFcs(bytes), hasIpChecksum(bytes), hasChecksum(bytes)], [fcs, ip, transport]);
    });
  }

  const fields: readonly [how: string, at: number, written: string][] = [
    ['to mac 02:00:00:00:00:99', 0, '020000000099'],
    ['from mac 02:00:00:00:00:77', 6, '020000000077'],
    ['vlan 5', 12, '810000050800'],
    ['vlan 5 vlan 6', 12, '8100000581000006'],
    ['ip_version 7', 14, '75'],
    ['ihl 9', 14, '49'],
    ['tos 3', 15, '03'],
    ['total_length 999', 16, '03e7'],
    ['ip_id 4660', 18, '1234'],
    ['df', 20, '4000'],
    ['mf', 20, '2000'],
    ['fragment_offset 80', 20, '000a'],
    ['ttl 3', 22, '03'],
    ['ip_proto 99', 23, '63'],
    ['from ip 10.0.0.99', 26, '0a000063'],
    ['to ip 10.0.0.98', 30, '0a000062'],
    ['length 77', 38, '004d'],
  ];
  for (const [how, at, written] of fields) {
    it(`have the field that was given: ${how}`, async () => {
      const bytes = await one(how.startsWith('length') ? `bob:4000 > 7 udp ${how} "hello"` : `${UDP} ${how}`);
      assert.equal(hex(bytes, at, at + written.length / 2), written);
      assert.ok(hasFcs(bytes));
    });
  }

  it('have the numbers and options of TCP that were given', async () => {
    const line =
      'bob:5000 > 80 tcp SYN,ECE seq 16909060 ack 84281096 win 513 mss 1234 wscale 7 sack_permitted tsval 1 tsecr 2 urg 9';
    const bytes = await one(line);
    assert.equal(hex(bytes, 34, 54), '138800500102030405060708a0420201'.concat(hex(bytes, 50, 52), '0009'));
    assert.equal(hex(bytes, 54, 74), '020404d20402080a00000001000000020103030701'.slice(0, 36).concat(hex(bytes, 72, 74)));
    assert.ok(hasChecksum(bytes));
  });

  it('have padding and a length as they were asked for', async () => {
    assert.equal((await one(`${UDP} nopad`)).length, 47 + 4);
    const cut = await one(`${UDP} truncate 30`);
    assert.equal(cut.length, 64);
    assert.equal(hex(cut, 30, 60), '00'.repeat(30));
    assert.ok(hasFcs(cut));
    assert.equal((await one(`${UDP} truncate 30 nopad`)).length, 34);
  });

  it('are bytes where they are given as bytes', async () => {
    const bytes = await one('hex 020000000001 02000000000b 88b5 deadbeef');
    assert.equal(hex(bytes, 0, 18), '02000000000102000000000b88b5deadbeef');
    assert.equal(hex(bytes, 18, 60), '00'.repeat(42));
    assert.ok(hasFcs(bytes));
    assert.ok(!hasFcs(await one('hex 020000000001 02000000000b 88b5 corrupt fcs')));
  });

  const cuts: readonly [how: string, offsets: readonly number[]][] = [
    ['fragment 16', [0, 16, 32]],
    ['fragment 16 reverse', [32, 16, 0]],
    ['fragment 16 lose 2', [0, 32]],
    ['fragment 16 dup 3', [0, 16, 32, 32]],
    ['fragment 16 overlap', [0, 8, 24]],
    ['fragment 16 reverse lose 1 dup 2', [32, 16, 16]],
  ];
  for (const [how, offsets] of cuts) {
    it(`come in pieces: ${how}`, async () => {
      const frames = await sent(`bob:4000 > 7 udp data 30 ${how}`);
      assert.deepEqual(
        frames.map(({ bytes }) => (u16(bytes, 20) & 0x1fff) * 8),
        offsets,
      );
      // the last one, wherever it comes, says that it is
      assert.deepEqual(
        frames.map(({ bytes }) => (u16(bytes, 20) & 0x2000) === 0),
        offsets.map((offset) => offset === Math.max(...offsets)),
      );
      assert.ok(frames.every(({ bytes }) => hasFcs(bytes) && hasIpChecksum(bytes)));
    });
  }

  it('come in the same shuffled order each time', async () => {
    const order = async () =>
      (await sent('bob:4000 > 7 udp data 100 fragment 8 shuffle')).map(({ bytes }) => u16(bytes, 20) & 0x1fff);
    const first = await order();
    assert.deepEqual(await order(), first);
    assert.notDeepEqual(
      first,
      [...first].sort((a, b) => a - b),
    );
  });

  it('come twice, late, or not at all', async () => {
    assert.equal((await sent(`${UDP} dup`)).length, 2);
    assert.equal((await sent(`${UDP} lose`)).length, 0);
    assert.deepEqual(
      (await sent(`5ms ${UDP} delay 3ms`)).map(({ time }) => time),
      [8_000_000],
    );
  });

  it('ask and tell of MACs', async () => {
    const question = await one('bob > arp request 10.0.0.1');
    assert.equal(
      hex(question, 0, 42),
      'ffffffffffff02000000000b0806' + '0001080006040001' + '02000000000b0a00000b' + '0000000000000a000001',
    );
    const odd = await one('bob > arp 7 10.0.0.1 hardware_type 6 protocol_type 0x1234 hardware_length 8 protocol_length 16');
    assert.equal(hex(odd, 14, 22), '0006123408100007');
  });
});
