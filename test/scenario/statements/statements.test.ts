import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PROGRAMS } from '../../../src/scenario/check/check-host.ts';
import { RESERVED } from '../../../src/scenario/kinds/names.ts';
import {
  ACTION_SHAPES,
  EXPECT_SHAPES,
  HOST_SHAPES,
  KINDS,
  STRUCTURE_WORDS,
  VERB_SHAPES,
} from '../../../src/scenario/statements/index.ts';
import { keywordsOf } from '../../../src/scenario/statements/shape.ts';
import { spanOf } from '../../../src/scenario/tree/script.ts';
import { PROGRAM_NAMES, UDP_PROGRAM_NAMES } from '../../../src/server/programs.ts';
import { bare, PREAMBLE, scriptOf, statementOf } from '../script-of.ts';

/** Lines, each after `»`, and below it the statement's tree as JSON, without positions. */
const LINES = readFileSync(new URL('good-lines.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n')
  .map((block) => block.split('\n') as [string, string]);

describe('statements', () => {
  it('are many', () => assert.ok(LINES.length >= 50));
  for (const [asked, expected] of LINES) {
    const line = asked.slice(2);
    it(line, () => {
      const statement = line.startsWith('server ') ? scriptOf(`${line}\n`).statements[0] : statementOf(line);
      assert.deepEqual(bare(statement), JSON.parse(expected));
    });
  }
});

describe('expectations', () => {
  const cases: readonly [string, unknown][] = [
    ['drop tcp NO_SOCKET', { type: 'drop', layer: 'tcp', reason: 'no_socket' }],
    ['deliver', { type: 'verdict', verdict: 'deliver' }],
    ['reply SYN/ACK ack +1 win 64240', { type: 'reply_tcp', flags: 18, ack: { relative: true, value: 1 }, win: 64240 }],
    ['reply tcp RST', { type: 'reply_tcp', flags: 4 }],
    ['reply ACK ack 1', { type: 'reply_tcp', flags: 16, ack: { relative: false, value: 1 } }],
    ['reply icmp 3 3', { type: 'reply_icmp', protocol: 'icmp', icmp: { type: 3, code: 3 } }],
    ['reply icmp port_unreachable', { type: 'reply_icmp', protocol: 'icmp', icmp: { type: 3, code: 3 } }],
    ['reply icmp unreachable', { type: 'reply_icmp', protocol: 'icmp', icmp: { type: 3 } }],
    ['reply icmpv6 packet_too_big', { type: 'reply_icmp', protocol: 'icmpv6', icmp: { type: 2 } }],
    ['reply udp "x"', { type: 'reply_udp', data: { type: 'bytes', bytes: '78' } }],
    ['reply arp', { type: 'reply_neighbour', protocol: 'arp' }],
    ['reply nd', { type: 'reply_neighbour', protocol: 'nd' }],
    ['no reply', { type: 'no_reply' }],
    ['socket estab', { type: 'socket', state: 'ESTABLISHED' }],
    ['socket a FIN-WAIT-2', { type: 'socket', connection: 'a', state: 'FIN_WAIT2' }],
    ['http 200', { type: 'http', status: 200 }],
    ['http 404 "not"', { type: 'http', status: 404, body: { type: 'bytes', bytes: '6e6f74' } }],
    ['count drop 6', { type: 'count', verdict: 'drop', count: { min: 6, max: 6 } }],
    ['count drops >=2', { type: 'count', verdict: 'drop', count: { min: 2 } }],
    ['count replies <3', { type: 'count', verdict: 'reply', count: { min: 0, max: 2 } }],
    ['reason fcs_error 2..5', { type: 'reason', reason: 'fcs_error', count: { min: 2, max: 5 } }],
    ['decision tcp_syn_ack', { type: 'decision', no: false, name: 'tcp_syn_ack' }],
    ['no decision tcp_syn_ack', { type: 'decision', no: true, name: 'tcp_syn_ack' }],
    ['within 5ms', { type: 'within', duration: 5_000_000 }],
  ];
  for (const [line, expected] of cases) {
    it(line, () => {
      const step = statementOf(`bob > 80 tcp SYN\n  expect ${line}`, 'alice connect tcp 80 as a\n');
      assert.deepEqual(bare((step as { expects: readonly unknown[] }).expects), [expected]);
    });
  }

  it('belong to the step above, by their indentation; at the margin to the run', () => {
    const text = `${PREAMBLE}alice ping\n  expect count drop 0\n\n  # still of the ping\n  expect deliver\nexpect count drop 0\nexpect reason fcs_error 0\n`;
    const { statements } = scriptOf(text);
    assert.deepEqual(
      statements
        .slice(4)
        .map((each) => [each.type, (each as { expects: readonly { type: string }[] }).expects.map(({ type }) => type)]),
      [
        ['ping', ['count', 'verdict']],
        ['check', ['count']],
        ['check', ['reason']],
      ],
    );
  });
});

describe('positions', () => {
  it('are there for each statement and each value', () => {
    const step = statementOf('\t+1ms bob:5000 > 10.0.0.1:80 tcp SYN sack 1-2 3-4 corrupt fcs "é" ttl 3 # comment');
    const line = 5;
    const at = (column: number, length: number): unknown => ({ file: 'a.scn', line, column, length });
    assert.deepEqual(spanOf(step, 'nothing'), at(2, 70));
    assert.deepEqual((step as { where: unknown }).where, {
      time: at(2, 4),
      from: at(7, 8),
      to: at(18, 11),
      'packet.flags': at(34, 3),
      'packet.sack.0': at(43, 3),
      'packet.sack.1': at(47, 3),
      'frame.corrupt.0': at(59, 3),
      'packet.data': at(63, 3),
      'frame.ttl': at(71, 1),
    });
  });
});

describe('tables of the language', () => {
  it('have one kind for each name', () => {
    const names = [...KINDS.keys()];
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length > 50);
  });

  it('have each field and each keyword of a statement once', () => {
    for (const shape of [...HOST_SHAPES, ...ACTION_SHAPES, ...EXPECT_SHAPES]) {
      for (const alternative of shape.variant?.of ?? [undefined]) {
        const fields = [...(alternative?.items ?? []), ...(alternative?.fields ?? []), ...shape.items, ...shape.fields];
        const keys = fields.map(({ part = '', key }) => `${part}.${key}`);
        const keywords = fields.flatMap(keywordsOf);
        assert.deepEqual([keys, keywords], [[...new Set(keys)], [...new Set(keywords)]], shape.type);
      }
    }
  });

  it('reserve the words that begin statements', () => {
    const verbs = VERB_SHAPES.flatMap((shape) => shape.verbs.flatMap((verb) => [verb.words, ...(verb.aliases ?? [])]));
    assert.deepEqual([...RESERVED].sort(), [...new Set([...verbs, ...STRUCTURE_WORDS, 'all'])].sort());
  });

  it('know the programs that the server has', () => {
    assert.deepEqual([...PROGRAMS.tcp].sort(), PROGRAM_NAMES.filter((name) => name !== 'captured').sort());
    assert.deepEqual([...PROGRAMS.udp].sort(), UDP_PROGRAM_NAMES.filter((name) => name !== 'captured').sort());
  });
});
