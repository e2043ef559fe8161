import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hostPart } from '../../src/scenario/host-part.ts';
import { parseScript } from '../../src/scenario/parser.ts';
import { runScenario } from '../../src/scenario/run.ts';
import { ScriptError } from '../../src/scenario/text/problems.ts';
import { EFFECT_OF, NAMES } from '../../src/trace/catalogue.ts';
import { Effect } from '../../src/trace/decision.ts';
import type { Reporter } from '../../src/trace/run.ts';

const RUNS = Number(process.env.RXPATH_RUNS ?? 150);

const HOSTS = [
  'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip fd00::1/64',
  'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip fd00::1/64 ring 4 irq_usecs 50 irq_frames 3 cpu_per_frame 30us',
  'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip fd00::1/64 promiscuous mtu 600',
];
const OPTIONS = [
  'sysctl net.ipv4.tcp_syncookies 0',
  'sysctl net.ipv4.tcp_timestamps 0',
  'sysctl net.ipv4.tcp_max_tw_buckets 0',
  'sysctl net.ipv4.ip_forward 1\nroute 10.1.0.0/16 via 10.0.0.254',
  'firewall drop udp port 53\nfirewall reject tcp port 22 with tcp_reset',
  'firewall accept state established\nfirewall drop state invalid',
];
const LISTENERS = [
  'listen tcp 80',
  'listen tcp 80 backlog 1 workers 1 max 1',
  'listen tcp 80 program echo',
  'listen tcp 80 program silent rcvbuf 3000',
  'listen tcp 80 program idle backlog 1',
];
const CLIENTS = `client alice ip 10.0.0.10 wscale 7
client bob ip 10.0.0.11 no sack window 2000 rtt 30ms timestamps
client carol ip fd00::10
`;

const word = (...words: string[]) => fc.constantFrom(...words);
const number = (max: number) => fc.nat(max).map(String);
const text = fc.oneof(
  word('"x"', '"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n"', '""'),
  number(4000).map((n) => `data ${n}`),
);
const flags = word('SYN', 'ACK', 'FIN,ACK', 'RST', 'SYN,ACK', 'PSH,ACK', 'none', 'xmas', 'URG,ACK urg 3', 'RST,ACK');
const maybe = (line: fc.Arbitrary<string>) => fc.option(line, { nil: '' });
const spoiled = maybe(
  fc.oneof(
    word('corrupt fcs', 'corrupt ip_checksum', 'corrupt checksum', 'lose', 'dup', 'nopad', 'vlan 0', 'vlan 5', 'df', 'mf'),
    number(120).map((n) => `truncate ${n}`),
    number(120).map((n) => `corrupt byte ${n}`),
    fc.nat(255).map((n) => `ttl ${n}`),
    fc.nat(15).map((n) => `ihl ${n}`),
    fc.nat(65_535).map((n) => `total_length ${n}`),
    fc.nat(15).map((n) => `ip_version ${n}`),
    fc.nat(255).map((n) => `ip_proto ${n}`),
    fc.nat(8000).map((n) => `fragment_offset ${n * 8}`),
    fc
      .tuple(fc.integer({ min: 1, max: 40 }), word('', 'reverse', 'shuffle', 'overlap', 'lose 2', 'dup 1'))
      .map(([n, how]) => `fragment ${n * 8} ${how}`),
    fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => `ip_options ${Buffer.from(bytes).toString('hex')}`),
    fc.nat(50).map((n) => `delay ${n}ms`),
    word(
      'to mac ff:ff:ff:ff:ff:ff',
      'to mac 02:00:00:00:00:99',
      'to ip 10.0.0.255',
      'to ip 10.1.2.3',
      'from ip 10.0.0.1',
      'from ip 0.0.0.0',
    ),
  ),
);
const relative = fc.integer({ min: -3000, max: 3000 }).map((n) => (n < 0 ? String(n) : `+${n}`));
const segment = fc
  .tuple(
    fc.integer({ min: 5000, max: 5003 }),
    flags,
    maybe(fc.nat(0xffff_ffff).map((n) => `seq ${n}`)),
    maybe(fc.nat(0xffff_ffff).map((n) => `ack ${n}`)),
    maybe(fc.nat(65_535).map((n) => `win ${n}`)),
    maybe(text),
    spoiled,
  )
  .map(([port, flag, seq, ack, win, data, how]) => `bob:${port} > 80 tcp ${flag} ${seq} ${ack} ${win} ${data} ${how}`);
const onConnection = fc
  .tuple(flags, relative, relative, maybe(text), spoiled)
  .map(([flag, seq, ack, data, how]) => `a > tcp ${flag} seq ${seq} ack ${ack} ${data} ${how}`);
const six = fc.oneof(
  word(
    'carol ping',
    'carol connect tcp 80 as c',
    'carol udp 7 "x"',
    'carol > nd solicit fd00::1',
    'carol > icmpv6 echo',
    'carol > icmpv6 packet_too_big mtu 1300',
  ),
  fc
    .tuple(text, maybe(word('fragment 16 shuffle', 'fragment 8 overlap', 'hop_limit 1', 'payload_length 9', 'next_header 60')))
    .map(([data, how]) => `carol:4000 > 7 udp ${data} ${how}`),
);
const step = fc.oneof(
  { weight: 4, arbitrary: segment },
  { weight: 2, arbitrary: onConnection },
  { weight: 2, arbitrary: six },
  { weight: 1, arbitrary: fc.tuple(text, spoiled).map(([data, how]) => `bob:4000 > 7 udp ${data} ${how}`) },
  {
    weight: 4,
    arbitrary: word(
      'alice connect tcp 80 as a',
      'a send data 3000',
      'a request GET /',
      'a close',
      'a reset',
      'a shutdown',
      'a read none',
      'a read all',
      'bob connect tcp 80 as b',
      'b send data 700',
      'b request GET / http 1.0',
      'b close',
      'alice ping',
      'alice ping size 2000',
      'bob arp 10.0.0.1',
      'alice udp 7 "hello"',
      'alice udp 9 "closed"',
    ),
  },
  {
    weight: 1,
    arbitrary: word(
      'wait 1ms',
      'wait 300ms',
      'wait 70s',
      'impair alice loss 30% reorder 10% corrupt 5%',
      'impair bob delay 10ms jitter 5ms dup 10%',
      'impair all loss 0%',
    ),
  },
  {
    weight: 1,
    arbitrary: word(
      'bob > icmp host_unreachable',
      'bob > icmp fragmentation_needed mtu 500',
      'bob > icmp echo',
      'bob > arp request 10.0.0.1',
      'bob > arp reply 10.0.0.11',
      'bob > ip 47 "x"',
      'bob > ether 0x88b5 "x"',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 1, maxLength: 80 }).map((bytes) => `hex ${Buffer.from(bytes).toString('hex')}`),
  },
);
const timed = fc
  .tuple(maybe(word('+0ms', '+1ms', '+100us', '+50ms')), step, fc.boolean())
  .map(
    ([time, line, expects]) =>
      `${time} ${line}${expects ? '\n  expect no reply\n  expect socket CLOSED\n  expect drop tcp no_socket' : ''}`,
  );

const script = fc
  .tuple(
    word(...HOSTS),
    fc.subarray(OPTIONS),
    word(...LISTENERS),
    fc.array(timed, { maxLength: 25 }),
    fc.integer({ min: 1, max: 1000 }),
  )
  .map(([server, options, listen, lines, seed]) => ({
    seed,
    text: `${server}\n${options.join('\n')}\n${listen}\nlisten udp 7 program echo\nrespond GET / 200 "ok"\n${CLIENTS}alice connect tcp 80 as a\nbob connect tcp 80 as b\n${lines.map((line) => line.trim()).join('\n')}\n`,
  }));

/** Plays a script; gives the frames that have no verdict, or more than one reading of it. */
async function unjudged({ text: source, seed }: { text: string; seed: number }): Promise<string[]> {
  const parsed = parseScript(source, 'random.scn');
  const { host, rules } = hostPart(parsed);
  const wrong: string[] = [];
  const seen = new Set<number>();
  const reporter: Reporter = {
    wantsEvents: true,
    done: false,
    start() {},
    frame({ number }, trace) {
      if (trace.final < 0 || EFFECT_OF[trace.final] === Effect.pass)
        wrong.push(`#${number}: ${trace.final < 0 ? 'nothing' : NAMES[trace.final]}`);
      if (seen.has(number)) wrong.push(`#${number} twice`);
      seen.add(number);
    },
    activity() {},
    expect() {},
    idle() {},
    end() {},
  };
  const files = { read: () => new Uint8Array(0), open: () => Promise.reject(new Error('none')) };
  const { info } = await runScenario(parsed, { host, site: null, rules, mounted: new Map() }, { seed, files }, reporter);
  if (seen.size !== info.packets) wrong.push(`${info.packets} frames, ${seen.size} told of`);
  return wrong;
}

describe('any script', () => {
  it('runs to its end, and each of its frames ends with a verdict', async function () {
    this.timeout(60_000 + RUNS * 200);
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(script, async (one) => {
        try {
          assert.deepEqual(await unjudged(one), []);
        } catch (error) {
          // a random line may say what no host can do: then it must be said so
          if (!(error instanceof ScriptError)) throw error;
          refused++;
          if (process.env.RXPATH_SHOW) console.log(error.message);
        }
      }),
      { seed: 20, numRuns: RUNS, endOnFailure: false },
    );
    assert.ok(refused * 4 < RUNS, `${refused} of ${RUNS} scripts were refused`);
  });
});
