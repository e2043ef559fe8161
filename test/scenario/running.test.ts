import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { FIRST } from './first-example.ts';
import { failures, type Played, play } from './play.ts';

const HOST = `server eth0  mac 02:00:00:00:00:01  ip 10.0.0.1/24
client alice mac 02:00:00:00:00:0a  ip 10.0.0.10
client bob   mac 02:00:00:00:00:0b  ip 10.0.0.11
listen tcp 80
listen tcp 7 program echo
listen udp 7 program echo
respond GET / 200 "hi there"
`;

function digest({ wire }: Played): string {
  const hash = createHash('sha256');
  for (const { time, bytes } of wire) hash.update(`${time} `).update(bytes);
  return hash.digest('hex');
}

describe('a scenario', () => {
  it('plays the first example of the language, verbatim', async () => {
    const { outcomes, frames } = await play(FIRST);
    assert.deepEqual(failures(outcomes), []);
    assert.equal(outcomes.length, 11);
    assert.deepEqual(frames, [
      '1 consume arp arp_request',
      '2 consume tcp tcp_syn_received',
      '3 consume tcp tcp_handshake_complete',
      '4 deliver server http_request_complete',
      '5 consume tcp tcp_ack_accepted',
      '6 drop nic nic_fcs_error',
      '7 drop ip ipv4_checksum_bad',
      '8 drop tcp tcp_no_socket',
      '9 consume arp arp_reply_received',
      '10 drop ip ip_firewall_dropped',
      '11 drop nic nic_mac_other',
      '12 drop driver driver_unhandled',
      '13 consume tcp tcp_fin',
      '14 consume tcp tcp_closed',
    ]);
  });

  it('lets a script speak for both sides of a connection, past the server, with the numbers of each', async () => {
    const { wire, frames } = await play(`${HOST}
alice:5000 > bob:80 tcp SYN seq 1000
bob:80 > alice:5000 tcp SYN,ACK seq 7000
alice:5000 > bob:80 tcp "abc"
bob:80 > alice:5000 tcp "de"
alice:5000 > bob:80 tcp FIN,ACK
`);
    const numbers = wire.map(({ bytes }) => [Buffer.from(bytes).readUInt32BE(38), Buffer.from(bytes).readUInt32BE(42)]);
    assert.deepEqual(frames, []);
    assert.deepEqual(numbers, [
      [1000, 0],
      [7000, 1001],
      [1001, 7001],
      [7001, 1004],
      [1004, 7003],
    ]);
  });

  it('says of a failed expectation where it stands, what was expected and what happened, and goes on', async () => {
    const { outcomes } = await play(`${HOST}
bob:5000 > 80 tcp SYN seq 1000
  expect drop tcp no_socket
  expect reply SYN,ACK ack 1001
  expect socket ESTABLISHED
alice connect tcp 80 as a
a request GET /
  expect http 404 "not here"
  expect within 10us
expect count drop 3
`);
    assert.deepEqual(
      outcomes.map(({ line, source, ok, expected, actual, frame }) => [line, source, ok, expected, actual, frame?.number]),
      [
        [10, 'expect drop tcp no_socket', false, 'drop tcp no_socket', 'consume', 1],
        [11, 'expect reply SYN,ACK ack 1001', true, 'reply SYN,ACK ack 1001', 'SYN,ACK ack 1 win 64240', undefined],
        [12, 'expect socket ESTABLISHED', false, 'socket ESTABLISHED', 'SYN_RECV', 1],
        [15, 'expect http 404 "not here"', false, 'http 404 "not here"', 'http 200 "hi there"', 6],
        [16, 'expect within 10us', false, 'within 10us', '200us', 6],
        [17, 'expect count drop 3', false, 'count drop 3', '0', undefined],
      ],
    );
    assert.equal(outcomes[0]!.step, 'bob:5000 > 80 tcp SYN seq 1000');
  });

  it('counts times from the step before, or from the beginning', async () => {
    const { wire } = await play(`${HOST}
5ms bob:4000 > 7 udp "a"
+2ms bob:4000 > 7 udp "b"
20ms bob:4000 > 7 udp "c"
wait 1s
bob:4000 > 7 udp "d"
+1us bob:4000 > 7 udp "e"
`);
    const times = wire
      .filter(({ inbound, bytes }) => inbound && bytes[12] === 8 && bytes[13] === 0)
      .map(({ time }) => time / 1e3);
    assert.deepEqual(times, [5000, 7000, 20_000, 1_020_100, 1_020_101]);
  });

  it('begins a step without a time when everything is answered, and not before', async () => {
    const { outcomes } = await play(`${HOST.replace('ip 10.0.0.10', 'ip 10.0.0.10 rtt 80ms')}
alice connect tcp 80 as a
  expect socket ESTABLISHED
  expect within 200ms
a request GET /
  expect http 200
a close
  expect socket CLOSED
`);
    assert.deepEqual(failures(outcomes), []);
  });

  it('gives the same bytes for the same seed, and others for another one', async () => {
    const text = `${HOST}
impair alice loss 10% dup 5% reorder 5% corrupt 5% delay 3ms jitter 2ms
alice connect tcp 7 as a
a send data 30000
wait 20s
a close
`;
    const [one, two, other] = await Promise.all([play(text), play(text), play(text, { seed: 99 })]);
    assert.equal(digest(one), digest(two));
    assert.notEqual(digest(one), digest(other));
    assert.ok(one.wire.length > 60);
  });

  it('carries every byte over a bad link', async () => {
    const { outcomes, result } = await play(`${HOST}
impair alice loss 8% reorder 5% corrupt 2% seed 3
alice connect tcp 7 as a
a send data 60000
wait 120s
a close
  expect socket CLOSED
expect count drop >=1
`);
    assert.deepEqual(failures(outcomes), []);
    const [, echo] = [0, result.info.sockets.find(({ lport, peer }) => lport === 7 && peer !== '')];
    assert.equal(echo?.ending, 'closed');
  });

  it('continues a connection by hand with its own numbers, and its machine goes on from there', async () => {
    const { outcomes } = await play(`${HOST}
alice connect tcp 7 as a
a send "hello "
  expect reply PSH,ACK
a > data "by hand" seq +0
  expect deliver
  expect reply PSH,ACK
a send " and by program"
  expect deliver
  expect no decision tcp_challenge_ack
a > tcp FIN,ACK
  expect socket CLOSED
`);
    assert.deepEqual(failures(outcomes), []);
  });

  it('goes on behind what was written by hand ahead of a connection, when the gap is filled', async () => {
    const { outcomes } = await play(`${HOST}
alice connect tcp 7 as a
a > data "late" seq +10
  expect hold
a > data "0123456789" seq +0
  expect reply PSH,ACK
a send " and by program"
  expect deliver
  expect no decision tcp_old_sequence
a > tcp FIN,ACK seq +3
  expect hold
a > data "end"
  expect socket CLOSED
expect count drop 0
`);
    assert.deepEqual(failures(outcomes), []);
  });

  it('does not wait for the response of a client that reads nothing', async () => {
    const { outcomes, wire } = await play(`${HOST}respond GET /big 200 "${'digit'.repeat(40_000)}"
alice connect tcp 80 as a
a read none
a request GET /big
wait 30s
  expect decision tcp_window_probe
a read all
  expect http 200 "digit"
`);
    assert.deepEqual(failures(outcomes), []);
    const update = wire.find(({ inbound, time }) => inbound && time >= 30e9);
    assert.ok(update!.time < 31e9, `${update!.time} ns`);
  });

  it('lets nobody answer for a port that a script writes by hand', async () => {
    const { frames } = await play(`${HOST}
bob:5000 > 80 tcp SYN
wait 30s
`);
    assert.deepEqual(frames, ['1 consume tcp tcp_syn_received', '2 consume arp arp_reply_received']);
  });

  it('takes numbers of hand-written connections from what was sent before', async () => {
    const { outcomes } = await play(`${HOST}
bob:5000 > 7 tcp SYN
bob:5000 > 7 tcp ACK
  expect socket ESTABLISHED
bob:5000 > 7 tcp "123" seq +3
  expect hold
bob:5000 > 7 tcp "abc"
  expect deliver
  expect reply ACK ack +0
bob:5000 > 7 tcp "def"
  expect deliver
`);
    assert.deepEqual(failures(outcomes), []);
  });

  it('frees what a finished connection held', async () => {
    const { result, frames } = await play(`${HOST}
impair alice loss 2% seed 11
repeat 500
  alice connect tcp 80 as a
  a request GET /
  a close
end
`);
    assert.equal(result.info.requestCount, 500);
    assert.ok(frames.length >= 2500, `${frames.length} frames`);
    assert.equal(result.info.sockets.filter(({ ending, peer }) => ending === '' && peer !== '').length, 0);
  });

  it('holds answers against the files that its expectations name', async () => {
    const file = fileURLToPath(new URL('../../fixtures/scenarios/test.scn', import.meta.url));
    const { outcomes } = await play(
      `${HOST}
alice connect tcp 7 as c
c send file "site/digits.txt"
bob udp 7 file "site/digits.txt"
  expect reply udp file "site/digits.txt"
bob udp 7 "other"
  expect reply udp file "site/digits.txt"
alice connect tcp 80 as web
web request GET /
  expect http 200 file "site/digits.txt"
`,
      { file },
    );
    assert.deepEqual(failures(outcomes), [
      '14: expected reply udp file site/digits.txt, happened udp data 5',
      '17: expected http 200 file site/digits.txt, happened http 200 "hi there"',
    ]);
  });

  it('refuses a step that cannot be done, at its place in the script', async () => {
    await assert.rejects(
      play(`${HOST}
alice connect tcp 80 from 4000 as a
alice connect tcp 80 from 4000 as b
`),
      /test\.scn:10:27: alice uses port 4000 already/,
    );
  });

  for (const [step, at] of [
    ['alice udp 7 file none.bin', '9:13'],
    ['alice udp 7 "x"\n  expect reply udp file none.bin', '9:1'],
    ['replay none.pcap', '9:8'],
  ] as const) {
    it(`refuses a file that cannot be read, at its place in the script: ${step}`, async () => {
      await assert.rejects(play(`${HOST}\n${step}\n`), new RegExp(`test\\.scn:${at}: .*(none|no captures)`));
    });
  }
});
