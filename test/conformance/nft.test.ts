import assert from 'node:assert/strict';
import { parseNft } from '../../conformance/nft/nft.ts';
import type { FirewallRule, FirewallTest } from '../../src/host/config.ts';

const is = (of: string, ...values: number[]): FirewallTest =>
  ({ of, ranges: values.map((value) => [value, value]) }) as unknown as FirewallTest;
const network = (bit: number, length: number) => ({ header: 'network', bit, length }) as const;
const transport = (bit: number, length: number) => ({ header: 'transport', bit, length }) as const;
const TCP = is('protocol', 6);
const UDP = is('protocol', 17);
const V4 = is('family', 4);
const CHAIN = 'inet f in';

/** The rules of lines in a chain at the input. */
function rulesOf(lines: string): FirewallRule[] {
  return parseNft(`table inet f {\n chain in {\n type filter hook input priority 0; policy accept;\n${lines}\n }\n}\n`);
}

describe('an nftables file', () => {
  const tests: readonly (readonly [line: string, ...tests: FirewallTest[]])[] = [
    ['tcp dport 80 drop', TCP, { of: transport(16, 16), ranges: [[80, 80]] }],
    [
      'tcp dport { 22, http, 81-90 } drop',
      TCP,
      {
        of: transport(16, 16),
        ranges: [
          [22, 22],
          [80, 80],
          [81, 90],
        ],
      },
    ],
    [
      'udp sport != { 7, 9 } drop',
      UDP,
      {
        of: transport(0, 16),
        ranges: [
          [7, 7],
          [9, 9],
        ],
        not: true,
      },
    ],
    ['udp length > 500 drop', UDP, { of: transport(32, 16), ranges: [[501, Number.MAX_SAFE_INTEGER]] }],
    [
      'meta l4proto != { tcp, icmp } drop',
      {
        of: 'protocol',
        ranges: [
          [6, 6],
          [1, 1],
        ],
        not: true,
      },
    ],
    ['ip protocol 47 drop', V4, is('protocol', 47)],
    ['ip saddr 10.0.0.0/8 drop', V4, { of: 'source4', ranges: [[0x0a00_0000, 0x0aff_ffff]] }],
    ['ip saddr 10.0.0.3-10.0.0.9 drop', V4, { of: 'source4', ranges: [[0x0a00_0003, 0x0a00_0009]] }],
    ['ip ttl < 5 drop', V4, { of: network(64, 8), ranges: [[0, 4]] }],
    ['ip dscp ef drop', V4, { of: network(8, 6), ranges: [[46, 46]] }],
    ['ip frag-off & 0x1fff != 0 drop', V4, { of: network(48, 16), ranges: [[0, 0]], not: true, mask: 0x1fff }],
    ['ether saddr 02:00:00:00:00:03 drop', is('sourceMac', 0x0200_0000_0003)],
    ['meta pkttype broadcast drop', is('packetType', 1)],
    ['th dport 53 drop', { of: transport(16, 16), ranges: [[53, 53]] }],
    ['@th,16,16 80 drop', { of: transport(16, 16), ranges: [[80, 80]] }],
    ['icmp type echo-request drop', is('protocol', 1), { of: transport(0, 8), ranges: [[8, 8]] }],
    ['tcp flags syn drop', TCP, { of: transport(104, 8), mask: 2, ranges: [[0, 0]], not: true }],
    ['tcp flags & (fin | syn) == syn drop', TCP, { of: transport(104, 8), mask: 3, ranges: [[2, 2]], not: false }],
    ['tcp flags syn / syn,ack drop', TCP, { of: transport(104, 8), mask: 0x12, ranges: [[2, 2]] }],
    ['iifname "lo" drop', { of: 'family', ranges: [] }],
    ['iifname { "tap0", "eth0" } drop'],
    ['counter packets 1 bytes 2 log prefix "a b" level info drop comment "x, y"'],
    [
      'ip6 saddr fd00::3-fd00::4 drop',
      is('family', 6),
      {
        of: 'source6',
        networks: [
          { family: 6, words: [0xfd00_0000, 0, 0, 3], prefix: 128 },
          { family: 6, words: [0xfd00_0000, 0, 0, 4], prefix: 128 },
        ],
      },
    ],
  ];
  for (const [line, ...wanted] of tests) {
    it(`reads ${line}`, () => {
      assert.deepEqual(rulesOf(line), [{ action: 'drop', hook: 'input', priority: 0, chain: CHAIN, tests: wanted, text: line }]);
    });
  }

  it('makes several rules of joined fields and of maps, with the default last', () => {
    const found = rulesOf(
      'ip saddr . tcp dport { 10.0.0.2 . 80, 10.0.0.3 . 81 } drop\nmeta l4proto vmap { * : drop, tcp : jump web }',
    );
    const told = found.map(({ action, target, tests: asked }) => [action, target, asked!.length]);
    assert.deepEqual(told, [
      ['drop', undefined, 4],
      ['drop', undefined, 4],
      ['jump', 'inet f web', 1],
      ['drop', undefined, 0],
    ]);
  });

  it('knows states, and what is not one of them', () => {
    const states = rulesOf('ct state new,related accept\nct state != established drop\nct state vmap { invalid : drop }');
    assert.deepEqual(
      states.map((rule) => rule.states),
      [['new', 'related'], ['new', 'related', 'invalid', 'untracked'], ['invalid']],
    );
  });

  it('knows limits by themselves, by name, and for each address', () => {
    const found = parseNft(`table ip f {
      limit few { rate over 2/second burst 3 packets }
      chain in { type filter hook input priority 0;
        limit name "few" drop
        limit rate 1 kbytes/second accept
        limit rate over 600 bytes/minute burst 2 kbytes drop
        add @m { ip saddr limit rate 60/minute } accept
      }
    }`);
    assert.deepEqual(
      found.map(({ limit }) => limit),
      [
        { perSecond: 2, over: true, burst: 3 },
        { perSecond: 1024, over: false, burst: 1024, counts: 'bytes' },
        { perSecond: 10, over: true, burst: 2648, counts: 'bytes' },
        { perSecond: 1, over: false, by: 'source', set: '@m' },
      ],
    );
  });

  it('asks what stands behind a limit of what the limit lets through', () => {
    const found = rulesOf('tcp dport 80 limit rate 1/second ip saddr 10.0.0.3 drop');
    assert.deepEqual(
      found.map(({ action, chain, hook, target, limit, tests: asked }) => [
        action,
        chain,
        hook,
        target,
        limit?.perSecond,
        asked!.length,
      ]),
      [
        ['jump', CHAIN, 'input', `${CHAIN} #0`, 1, 2],
        ['drop', `${CHAIN} #0`, undefined, undefined, undefined, 2],
      ],
    );
    assert.throws(() => rulesOf('limit rate 1/second tcp dport 80 return'), /cannot read return behind a limit/);
  });

  it('fills in definitions and named sets, and leaves out comments', () => {
    const text = `define web = { 80, 81 } # both
      table inet f {
        comment "of a server; nothing more"
        set bad { type inet_service; elements = { 7, 9 } }
        chain in { type filter hook input priority filter - 5; policy drop;
          tcp dport $web accept; udp dport @bad accept # not these
        }
      }`;
    const found = parseNft(text);
    assert.deepEqual(
      found.map(({ action, priority, isPolicy, tests: asked }) => [action, priority, isPolicy, asked!.at(-1)]),
      [
        [
          'accept',
          -5,
          undefined,
          {
            of: transport(16, 16),
            ranges: [
              [80, 80],
              [81, 81],
            ],
          },
        ],
        [
          'accept',
          -5,
          undefined,
          {
            of: transport(16, 16),
            ranges: [
              [7, 7],
              [9, 9],
            ],
          },
        ],
        ['drop', -5, true, undefined],
      ],
    );
  });

  it('takes commands as it takes blocks', () => {
    const block = parseNft(
      'table ip f {\n chain in { type filter hook input priority 0;\n tcp dport 81 drop\n tcp dport 80 accept\n }\n}',
    );
    const commands = parseNft(`add table ip f
      add chain ip f in { type filter hook input priority 0; }
      add rule ip f in tcp dport 80 accept
      insert rule ip f in tcp dport 81 drop`);
    assert.deepEqual(commands, block);
  });

  it('puts chains before defragmentation where fragments are', () => {
    const hooks = ['-450', 'raw', 'mangle'].map((priority) => {
      const [rule] = parseNft(`table ip f { chain p { type filter hook prerouting priority ${priority}; drop; } }`);
      return [rule!.hook, rule!.priority];
    });
    assert.deepEqual(hooks, [
      ['raw', -450],
      ['prerouting', -300],
      ['prerouting', -150],
    ]);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['tcp option maxseg size 1000 drop', /cannot read tcp option/],
    ['ct count over 2 drop', /cannot read ct count/],
    ['meta skuid 0 drop', /cannot read meta skuid/],
    ['ip saddr @nobody drop', /cannot read the set nobody/],
    ['ip saddr 10.0.0.300 drop', /cannot read the value 10.0.0.300/],
    ['tcp flags syn|what drop', /cannot read the flag what/],
    ['queue num 1', /cannot read queue/],
    ['ip ttl set 10', /cannot read set/],
    ['quota over 5 mbytes drop', /cannot read quota/],
    ['tcp dport { 22, 80', /a brace or a quote is open/],
    ['log prefix "a', /a brace or a quote is open/],
    ['drop }', /a brace is closed that was not opened/],
    ['tcp flags', /cannot read the end/],
    ['tcp flags !=', /cannot read the end/],
    ['ct state vmap { new : accept, invalid }', /cannot read invalid/],
    ['ct state vmap { old : accept }', /cannot read old/],
    ['ip constructor 5 drop', /cannot read ip constructor/],
    ['constructor 5 drop', /cannot read constructor/],
    ['ip protocol constructor drop', /cannot read the value constructor/],
    ['tcp flags constructor drop', /cannot read the flag constructor/],
    ['ip saddr 10.0.0.0/ drop', /cannot read the value/],
    ['ip saddr 10.0.0.0/33 drop', /cannot read the value/],
    ['ip6 saddr fd00::/ drop', /cannot read the address/],
    ['ip6 saddr fd00::/129 drop', /cannot read the address/],
    ['ip6 saddr 10.0.0.1 drop', /cannot read the address/],
    ['tcp dport 90-80 drop', /cannot read the value/],
    ['@th,16,0 5 drop', /cannot read @th/],
    ['limit rate 0/second drop', /cannot read/],
    ['reject with icmp type admin', /cannot read admin/],
    ['reject with icmp type frag-needed', /cannot read frag-needed/],
  ];
  for (const [line, message] of refused) it(`refuses ${line}`, () => assert.throws(() => rulesOf(line), message));

  it('refuses tables and chains that the host does not have', () => {
    assert.throws(() => parseNft('table arp f { chain in { type filter hook input priority 0; drop; } }'), /table of arp/);
    assert.throws(
      () => parseNft('table ip f { chain p { type nat hook prerouting priority -100; tcp dport 80 redirect; } }'),
      /type nat/,
    );
  });
});
