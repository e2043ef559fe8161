import assert from 'node:assert/strict';
import { sysctls } from '../../src/host/sysctl.ts';
import { hostPart } from '../../src/scenario/host-part.ts';
import { ScriptError } from '../../src/scenario/text/problems.ts';
import { scriptOf } from './script-of.ts';

const SERVER = 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip 2001:db8::1/64';

describe('the host part', () => {
  it('of a server line alone has the defaults', () => {
    assert.deepEqual(hostPart(scriptOf(`${SERVER}\n`)), {
      host: {
        macs: [{ high: 0x0200, low: 1 }],
        addresses: [
          { family: 4, words: [0, 0, 0, 0x0a000001], prefix: 24 },
          { family: 6, words: [0x20010db8, 0, 0, 1], prefix: 64 },
        ],
        promiscuous: false,
        mtu: 1500,
        ring: 256,
        irqUsecs: 0,
        irqFrames: 1,
        pollBudget: 64,
        cpuPerFrame: 0,
        listeners: [],
        sysctl: sysctls(),
        capture: null,
        seed: 1,
        neighbours: [],
        firewall: [],
        routes: [],
      },
      site: null,
      room: undefined,
      modified: undefined,
      rules: [],
      modules: [],
    });
  });

  for (const [said, usecs, frames] of [
    ['ring 8 irq_usecs 20', 20, 8],
    ['irq_frames 4', 50, 4],
    ['irq_usecs 0 irq_frames 4', 0, 4],
    ['irq_frames 1', 0, 1],
  ] as const) {
    it(`of interrupts: ${said}`, () => {
      const { irqUsecs, irqFrames } = hostPart(scriptOf(`${SERVER} ${said}\n`)).host;
      assert.deepEqual([irqUsecs, irqFrames], [usecs, frames]);
    });
  }

  it('of everything', () => {
    const text = `${SERVER} mtu 9000 ring 8 irq_usecs 50 poll_budget 16 cpu_per_frame 10us connections 1000 promiscuous phy 10base-t seed 9
sysctl net.ipv4.ip_forward 1
sysctl net.ipv4.tcp_rmem 1 2 3
sysctl net.ipv4.conf.eth0.rp_filter 1
sysctl net.ipv4.neigh.default.gc_thresh3 5
route 10.1.0.0/16 via 10.0.0.254 mtu 1400
route default via 10.0.0.253
route blackhole 10.2.0.0/16
neighbour 10.0.0.254 mac 02:00:00:00:00:fe
listen tcp 80 backlog 4 workers 2 max 8 busy 503 rcvbuf 4k nodelay keepalive 30s
listen tcp 81 10.0.0.1 program ./app.js
listen tcp 82 program ./app.js
listen tcp 83 0.0.0.0 program silent
listen udp 53
site www
respond GET /hello 200 "hi" header "A: 1" header "B: 2" after 5ms location /x auth u:p limit 30/minute
`;
    const { host, site, rules, modules } = hostPart(scriptOf(text));
    assert.deepEqual(
      { ...host, sysctl: null, macs: null, addresses: null },
      {
        macs: null,
        addresses: null,
        promiscuous: true,
        mtu: 9000,
        ring: 8,
        irqUsecs: 50,
        irqFrames: 8,
        pollBudget: 16,
        cpuPerFrame: 10_000,
        connections: 1000,
        listeners: [
          {
            protocol: 'tcp',
            port: 80,
            backlog: 4,
            program: 'http',
            workers: 2,
            max: 8,
            busy: 503,
            options: { rcvbuf: 4096, noDelay: true, keepAlive: { idle: 30 } },
          },
          {
            protocol: 'tcp',
            port: 81,
            address: { family: 4, words: [0, 0, 0, 0x0a000001], prefix: 32 },
            backlog: 4096,
            program: './app.js',
          },
          { protocol: 'tcp', port: 82, backlog: 4096, program: './app.js' },
          { protocol: 'tcp', port: 83, backlog: 4096, program: 'silent' },
          { protocol: 'udp', port: 53, backlog: 4096, program: 'echo' },
        ],
        sysctl: null,
        capture: null,
        seed: 9,
        neighbours: [{ address: { family: 4, words: [0, 0, 0, 0x0a0000fe], prefix: 32 }, mac: { high: 0x0200, low: 0xfe } }],
        firewall: [],
        routes: [
          {
            destination: { family: 4, words: [0, 0, 0, 0x0a010000], prefix: 16 },
            via: { family: 4, words: [0, 0, 0, 0x0a0000fe], prefix: 32 },
            mtu: 1400,
          },
          {
            destination: { family: 4, words: [0, 0, 0, 0], prefix: 0 },
            via: { family: 4, words: [0, 0, 0, 0x0a0000fd], prefix: 32 },
          },
          { destination: { family: 4, words: [0, 0, 0, 0x0a020000], prefix: 16 }, type: 'blackhole' },
        ],
        phy: '10base-t',
      },
    );
    assert.deepEqual(
      host.sysctl,
      sysctls({
        'ipv4.ip_forward': 1,
        'ipv4.tcp_rmem_min': 1,
        'ipv4.tcp_rmem_default': 2,
        'ipv4.tcp_rmem_max': 3,
        'ipv4.rp_filter': 1,
        'ipv4.neigh.gc_thresh3': 5,
      }),
    );
    assert.deepEqual([site?.path, site?.at.line, modules.map(({ path }) => path)], ['www', 15, ['./app.js']]);
    assert.deepEqual(rules, [
      {
        method: 'GET',
        path: '/hello',
        status: 200,
        body: 'hi',
        fields: ['A', '1', 'B', '2'],
        after: 5_000_000,
        location: '/x',
        auth: 'u:p',
        limit: 0.5,
      },
    ]);
  });

  const rules: readonly [string, Record<string, unknown>][] = [
    ['firewall accept', { action: 'accept' }],
    ['firewall drop udp port 53', { action: 'drop', protocol: 17, ports: [[53, 53]] }],
    [
      'firewall reject tcp with tcp_reset sport 1-5 port 80,90',
      {
        action: 'reject',
        protocol: 6,
        rejectWith: 'tcp_reset',
        sourcePorts: [[1, 5]],
        ports: [
          [80, 80],
          [90, 90],
        ],
      },
    ],
    [
      'firewall drop tcp not from 10.0.0.0/8 not port 80,443',
      {
        action: 'drop',
        protocol: 6,
        from: { family: 4, words: [0, 0, 0, 0x0a000000], prefix: 8 },
        ports: [
          [80, 80],
          [443, 443],
        ],
        not: ['from', 'ports'],
      },
    ],
    ['firewall drop not tcp', { action: 'drop', protocol: 6, not: ['protocol'] }],
    [
      'firewall drop not udp not from 10.0.0.0/8',
      {
        action: 'drop',
        protocol: 17,
        from: { family: 4, words: [0, 0, 0, 0x0a000000], prefix: 8 },
        not: ['protocol', 'from'],
      },
    ],
    ['firewall reject with icmp admin-prohibited', { action: 'reject', rejectWith: 'admin-prohibited' }],
    ['firewall drop icmp type echo', { action: 'drop', protocol: 1, icmpType: 8 }],
    ['firewall drop icmpv6 type unreachable 3', { action: 'drop', protocol: 58, icmpType: 1, icmpCode: 3 }],
    [
      'firewall accept tcp flags SYN limit 10/minute burst 3 over',
      { action: 'accept', protocol: 6, flags: { mask: 23, value: 2 }, limit: { perSecond: 1 / 6, burst: 3, over: true } },
    ],
    [
      'firewall accept state established,related hook forward family ipv6',
      { action: 'accept', states: ['established', 'related'], hook: 'forward', family: 6 },
    ],
    ['firewall drop fragment later', { action: 'drop', fragment: 'later' }],
    [
      'firewall drop from 10.0.0.0/8 to 10.0.0.1',
      {
        action: 'drop',
        from: { family: 4, words: [0, 0, 0, 0x0a000000], prefix: 8 },
        to: { family: 4, words: [0, 0, 0, 0x0a000001], prefix: 32 },
      },
    ],
  ];
  for (const [text, expected] of rules) {
    it(`makes a rule of "${text}"`, () => {
      const [rule] = hostPart(scriptOf(`${SERVER}\n${text}  # why\n`)).host.firewall!;
      const { text: written, ...rest } = rule!;
      assert.deepEqual(rest, expected);
      assert.equal(written, text.replace('icmpv6 type unreachable 3', 'icmpv6 type host_unreachable'));
    });
  }

  it('may have no server line where the host is known otherwise', () => {
    const script = scriptOf('listen tcp 80\n');
    const { host } = hostPart(script, false);
    assert.deepEqual([host.macs, host.addresses, host.listeners.length], [[], [], 1]);
    assert.throws(
      () => hostPart(script),
      (error: unknown) =>
        error instanceof ScriptError &&
        error.message ===
          'a.scn:1:1: there is no `server` line\n  listen tcp 80\n  ^\n  add `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24`',
    );
  });

  it('counts wherever it is included from', () => {
    const { host, site } = hostPart(scriptOf('include h.scn\nlisten tcp 80\n', 'a.scn', { 'h.scn': `${SERVER}\nsite www\n` }));
    assert.deepEqual([host.addresses.length, host.listeners.length, site?.at.file], [2, 1, 'h.scn']);
  });
});
