import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parseScript } from '../../src/scenario/parser.ts';
import { steps } from '../../src/scenario/script/unroll.ts';
import { FIRST } from './first-example.ts';
import { PREAMBLE, problemsOf, scriptOf } from './script-of.ts';

/** The examples by which the language was laid down, as they stand. */

/** Each line of the language's description with every part that may be there, and with none. */
const HOST_LINES = [
  'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip 2001:db8::1/64 mtu 1500 ring 8 irq_usecs 50 irq_frames 8 cpu_per_frame 10us promiscuous phy 10base-t',
  'sysctl net.ipv4.tcp_syncookies 0                  # Linux names, Linux defaults; an unknown name is an error with suggestions',
  'route 10.1.0.0/16 via 10.0.0.254                  # with `sysctl net.ipv4.ip_forward 1` the host forwards',
  'neighbour 10.0.0.254 mac 02:00:00:00:00:fe',
  'firewall accept',
  'firewall drop udp from 10.0.0.0/8 to 10.0.0.1 port 53 limit 10/second',
  'firewall drop tcp port 8000-8100 flags SYN',
  'firewall reject with tcp_reset tcp port 23',
  'firewall reject with icmp port-unreachable',
  'firewall reject with icmp 13 udp port 69',
  'listen tcp 80 10.0.0.1 backlog 4 program http workers 4 max 16',
  'listen tcp 81 program echo',
  'listen tcp 82 program discard',
  'listen tcp 83 program silent',
  'listen tcp 84 program idle',
  'listen tcp 85 program ./module.js',
  'listen udp 53',
  'listen udp 7 program echo',
  'listen udp 9 program discard',
  'listen udp 10 program silent',
  'site .',
  'respond GET /hello 200',
  'respond GET /all 301 "body" header "K: V" after 10ms location http://example.com/ auth "user:password" limit 5/second',
];
const STEP_LINES = [
  'client alice ip 10.0.0.10',
  'client bob ip 10.0.0.11 mac 02:00:00:00:00:0b ttl 3 mss 536 wscale 7 no sack timestamps rtt 20ms',
  'alice connect tcp 80 as b',
  'alice connect tcp 80 from 5000 as a             # a closed-loop client: it answers, retransmits, closes like a real one',
  'a send "TEXT"',
  'a send file PATH',
  'a request GET /path http 1.0 header "K: V" body "…"',
  'a request GET /path',
  'a close',
  'a reset',
  'a shutdown',
  'a read none',
  'alice udp 53 "data"',
  'alice ping',
  'alice ping size 1000',
  'alice arp 10.0.0.1',
  'wait 60s                                          # virtual time: costs nothing',
  '+1ms alice:5000 > 10.0.0.1:80 tcp SYN,ACK seq 1 ack 2 win 3 mss 4 wscale 5 sack 100-200 300-400 tsval 6 tsecr 7 "data"',
  '100s alice > 80 tcp PSH data 1000',
  'alice > 80 udp "data"',
  '+1ms alice:5000 > 10.0.0.1:53 udp "data" ttl 3',
  'hex 0200 0000',
  'replay FILE',
  'replay FILE only from 10.0.0.10',
  'impair alice loss 5% dup 1% reorder 2% corrupt 0.5% delay 20ms jitter 5ms',
  'impair alice loss 5% dup 1% reorder 2% corrupt 0.5% delay 20ms jitter 5ms seed 7',
  'signal alice noise 0.2',
  'signal alice noise 0.2 seed 7',
  'repeat 1000\n  alice ping\nend',
  'for n in 1..100\n  alice:$n > 80 tcp SYN\nend',
  'a > data "x" seq +0',
];
const MODIFIERS = [
  'corrupt fcs',
  'corrupt ip_checksum',
  'corrupt tcp_checksum',
  'corrupt byte 14',
  'to mac 02:00:00:00:00:99',
  'from mac 02:00:00:00:00:99',
  'from ip 10.0.0.99',
  'to ip 10.0.0.99',
  'ttl 1',
  'vlan 7',
  'ihl 4',
  'total_length 10',
  'fragment 24',
  'fragment 24 reverse',
  'fragment 24 shuffle',
  'fragment 24 overlap',
  'fragment 24 lose 2',
  'fragment 24 dup 2',
  'truncate 20',
  'dup',
  'lose',
  'delay 5ms',
];
const EXPECTATIONS = [
  'drop tcp no_socket',
  'deliver',
  'hold',
  'consume',
  'forward',
  'reply RST',
  'reply SYN,ACK ack 1 win 64240',
  'reply icmp 3 3',
  'reply arp',
  'no reply',
  'socket ESTABLISHED',
  'http 200',
  'http 200 "body has this"',
  'count drop 6',
  'reason fcs_error 2',
  'within 10ms',
];

describe('the language as it was laid down', () => {
  it('reads the first example', () => {
    const script = scriptOf(FIRST);
    assert.equal(script.statements.length, 16);
    const all = [...steps(script)];
    assert.deepEqual(
      all.map(({ type, expects }) => `${type} ${expects.length}`),
      'client 0,client 0,connect 1,send 1,wire 1,wire 1,wire 2,wire 1,wire 1,hex 1,close 1,check 1'.split(','),
    );
  });

  it('reads the lines of the host part', () => assert.equal(problemsOf(`${HOST_LINES.join('\n')}\n`), ''));
  it('reads the lines of the steps', () => {
    const [server] = PREAMBLE.split('\n');
    assert.equal(problemsOf(`${server}\n${STEP_LINES.join('\n')}\n`), '');
  });
  it('reads the changes of a frame', () => {
    const lines = MODIFIERS.map((modifier) => `bob > 80 tcp SYN ${modifier}`);
    assert.equal(problemsOf(`${PREAMBLE}${lines.join('\n')}\nbob > 80 udp "x" corrupt udp_checksum\n`), '');
    assert.equal(
      problemsOf(
        `${PREAMBLE}bob > 80 tcp SYN ${MODIFIERS.filter((each) => !/^fragment 24$|fragment 24 [rsold]|lose|dup/.test(each))
          .map((each) => (each.startsWith('corrupt') ? '' : each))
          .join(' ')}\n`,
      ),
      '',
    );
  });
  it('reads the expectations', () => {
    assert.equal(problemsOf(`${PREAMBLE}bob > 80 tcp SYN\n${EXPECTATIONS.map((each) => `  expect ${each}\n`).join('')}`), '');
    assert.equal(problemsOf(`${PREAMBLE}bob > 80 tcp SYN\nexpect count drop 6\nexpect reason fcs_error 1\n`), '');
  });

  it('reads every shipped scenario', () => {
    const folder = new URL('../../fixtures/scenarios/', import.meta.url);
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.scn'))) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      parseScript(text, name, {
        load: (path) => ({ file: path, text: readFileSync(new URL(path, folder), 'utf8') }),
      });
    }
  });
});
