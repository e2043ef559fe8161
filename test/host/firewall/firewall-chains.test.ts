import assert from 'node:assert/strict';
import type { FirewallRule } from '../../../src/host/config.ts';
import type { FrameFields } from '../../wire/frame-builder.ts';
import { Machine } from '../machine.ts';

const V4 = { source: '10.0.0.2', destination: '10.0.0.1' } as const;
const UDP = (port: number, source = '10.0.0.2'): FrameFields => ({
  ipv4: { ...V4, source },
  udp: { sourcePort: 5000, destinationPort: port },
  payload: 'x',
});

/** `drop 53`, `jump other`, in a chain. */
function rule(chain: string, text: string, at: Partial<FirewallRule> = {}): FirewallRule {
  const [action, what] = text.split(' ') as [FirewallRule['action'], string | undefined];
  const isPort = /^\d+$/.test(what ?? '');
  return {
    action,
    chain,
    ...(isPort ? { ports: [[Number(what), Number(what)]] } : {}),
    ...(isPort || what === undefined ? {} : { target: what }),
    ...at,
    text,
  };
}

/** A base chain at the input. */
function input(text: string, at: Partial<FirewallRule> = {}): FirewallRule {
  return rule('in', text, { hook: 'input', ...at });
}

function isDropped(rules: readonly FirewallRule[], port: number): boolean {
  const machine = new Machine({ firewall: rules });
  machine.send(UDP(port));
  return machine.verdict === 'ip_firewall_dropped';
}

describe('firewall chains', () => {
  const SIDE = [rule('side', 'drop 1'), rule('side', 'return 2'), rule('side', 'drop 3')];
  const cases: readonly (readonly [string, readonly FirewallRule[], Readonly<Record<number, boolean>>])[] = [
    ['jump comes back', [input('jump side'), input('drop 4'), ...SIDE], { 1: true, 2: false, 3: true, 4: true, 5: false }],
    ['goto does not', [input('goto side'), input('drop 4'), ...SIDE], { 1: true, 4: false }],
    [
      'goto from a chain comes back to where that was named',
      [input('jump outer'), input('drop 4'), rule('outer', 'goto side'), rule('outer', 'drop 5'), ...SIDE],
      { 3: true, 4: true, 5: false },
    ],
    ['return leaves the rest undecided', [input('return 1'), input('drop 1'), input('drop 2')], { 1: false, 2: true }],
    ['continue goes on', [input('continue 1'), input('drop 1')], { 1: true }],
    [
      'a policy decides about what is undecided, also after a return',
      [input('accept 1'), input('return 2'), input('drop', { isPolicy: true })],
      { 1: false, 2: true, 3: true },
    ],
    [
      'a policy asks of its packets what its table does',
      [input('drop', { isPolicy: true, tests: [{ of: 'family', ranges: [[6, 6]] }] })],
      { 1: false },
    ],
    [
      'every chain at the hook is asked, whatever another accepts',
      [input('accept 1'), rule('second', 'drop 1', { hook: 'input', priority: 5 })],
      { 1: true },
    ],
    [
      'a mark that another chain has set',
      [
        rule('late', 'drop', { hook: 'input', priority: 1, tests: [{ of: 'mark', ranges: [[7, 7]] }] }),
        rule('early', 'continue 1', { hook: 'input', priority: -1, setsMark: 7 }),
      ],
      { 1: true, 2: false },
    ],
    [
      'a packet that connection tracking is kept from',
      [
        rule('raw', 'continue 1', { hook: 'prerouting', priority: -300, untracks: true }),
        input('drop', { states: ['untracked'] }),
      ],
      { 1: true, 2: false },
    ],
    [
      'before connection tracking every packet is invalid, and none has a direction',
      (
        [
          ['raw', -450],
          ['prerouting', -300],
        ] as const
      ).flatMap(([hook, priority], at) => [
        rule(hook, `drop ${1 + at}`, { hook, priority, states: ['invalid'] }),
        rule(hook, `drop ${3 + at}`, { hook, priority, states: ['new', 'established', 'untracked'] }),
        rule(hook, `drop ${5 + at}`, { hook, priority, tests: [{ of: 'direction', ranges: [[0, 1]] }] }),
      ]),
      { 1: true, 2: true, 3: false, 4: false, 5: false, 6: false },
    ],
    [
      'what it was kept from is untracked from there on',
      [
        rule('raw', 'continue', { hook: 'prerouting', priority: -300, untracks: true }),
        rule('raw', 'drop 1', { hook: 'prerouting', priority: -300, states: ['invalid'] }),
        rule('raw', 'drop 2', { hook: 'prerouting', priority: -300, states: ['untracked'] }),
      ],
      { 1: false, 2: true },
    ],
    [
      'what is tracked stays so',
      [input('continue', { untracks: true }), input('drop 1', { states: ['untracked'] }), input('drop 2', { states: ['new'] })],
      { 1: false, 2: true },
    ],
  ];
  for (const [what, rules, ports] of cases) {
    it(what, () => {
      for (const [port, dropped] of Object.entries(ports)) assert.equal(isDropped(rules, Number(port)), dropped, `port ${port}`);
    });
  }

  it('asks the chain with the least priority first', () => {
    const rules = [
      rule('second', 'reject 1', { hook: 'input', priority: 1 }),
      rule('first', 'drop 1', { hook: 'input', priority: -1 }),
    ];
    const machine = new Machine({ firewall: rules });
    assert.equal(machine.send(UDP(1)).at(-1), 'ip_firewall_dropped');
  });

  it('keeps packets of its own from leaving, by what their headers will be', () => {
    const ttl = { of: { header: 'network', bit: 64, length: 8 }, ranges: [[64, 64]] } as const;
    const code = { of: { header: 'transport', bit: 8, length: 8 }, ranges: [[3, 3]] } as const;
    const machine = new Machine({
      firewall: [rule('post', 'drop', { hook: 'postrouting', protocol: 1, tests: [ttl, code] })],
    });
    assert.equal(machine.send(UDP(9)).at(-1), 'ip_firewall_output_dropped');
  });

  it('lets rules keep packets of its own from connection tracking', () => {
    const early = { hook: 'output', priority: -300 } as const;
    const machine = new Machine({
      firewall: [
        rule('early', 'continue', { ...early, protocol: 1, untracks: true }),
        rule('early', 'drop', { ...early, states: ['established', 'related'] }),
        rule('late', 'drop', { hook: 'output', states: ['untracked'] }),
      ],
    });
    assert.equal(machine.send(UDP(9)).at(-1), 'ip_firewall_output_dropped');
    assert.equal(machine.send(UDP(7)).includes('ip_firewall_output_dropped'), false);
  });

  const loops: readonly (readonly [string, readonly FirewallRule[]])[] = [
    ['itself', [input('jump a'), rule('a', 'goto a')]],
    ['another that leads back', [input('accept 1'), rule('a', 'drop 1'), rule('a', 'jump b'), rule('b', 'jump a')]],
  ];
  for (const [what, rules] of loops) {
    it(`refuses a chain that leads to ${what}`, () =>
      assert.throws(() => new Machine({ firewall: rules }), /the chain [ab] leads back into itself/));
  }

  describe('limits', () => {
    /** Whether each of the packets at the times (milliseconds) passes `accept` with the limit. */
    function passed(limit: NonNullable<FirewallRule['limit']>, packets: readonly (readonly [number, string])[]): string {
      const rules = [input('accept', { limit }), input('drop')];
      const machine = new Machine({ firewall: rules });
      return packets
        .map(([time, source]) => machine.send(UDP(1, source), { time: time * 1_000_000 }).includes('ip_firewall_dropped'))
        .map((dropped) => (dropped ? 'n' : 'y'))
        .join('');
    }
    const [A, B] = ['10.0.0.2', '10.0.0.3'];

    it('are shared by rules with the same one', () => {
      const limit = { perSecond: 1, burst: 2 };
      const rules = [input('accept 1', { limit }), input('accept 2', { limit }), input('drop')];
      const machine = new Machine({ firewall: rules });
      const names = [1, 2, 1].map((port) => machine.send(UDP(port)).includes('ip_firewall_dropped'));
      assert.deepEqual(names, [false, false, true]);
    });

    it('are each address’s own', () => {
      const limit = { perSecond: 1, burst: 1, by: 'source' } as const;
      assert.equal(
        passed(limit, [
          [0, A],
          [0, A],
          [0, B],
          [0, B],
          [1000, A],
        ]),
        'ynyny',
      );
    });

    it('count bytes', () => {
      // 29 bytes each; 58 in a second, and none more at once.
      assert.equal(
        passed({ perSecond: 58, counts: 'bytes' }, [
          [0, A],
          [0, A],
          [0, A],
          [500, B],
          [500, B],
        ]),
        'yynyn',
      );
    });
  });
});
