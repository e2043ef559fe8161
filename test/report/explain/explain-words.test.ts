import assert from 'node:assert/strict';
import { lookUp, printExplanation, suggestions, writeJson } from '../../../src/report/explain/explain.ts';
import { WORD_NAMES, wordOf } from '../../../src/report/explain/explain-words.ts';
import { Printer } from '../../../src/report/terminal/printer.ts';
import { plainStyle } from '../../../src/report/terminal/style.ts';
import { CATALOGUE, NAMES } from '../../../src/trace/catalogue.ts';
import type { Decision } from '../../../src/trace/decision.ts';
import { memoryOutput } from '../memory-output.ts';

function explained(word: string, lang: 'en' | 'zh' = 'en'): string[] {
  const { output, text } = memoryOutput();
  printExplanation(new Printer(output, plainStyle(lang)), lookUp(word)!);
  return text().split('\n');
}

/** Names in a list of decisions. */
function listed(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^ {2}\S ([a-z]\w+) /.exec(line)?.[1] ?? []);
}

function namesWhere(holds: (decision: Decision) => boolean): string[] {
  return NAMES.filter((_, i) => holds(CATALOGUE[i] as Decision));
}

describe('explain of words that are no decisions', () => {
  it('knows layers, verdicts and kinds of divergence, in both languages', () => {
    assert.ok(WORD_NAMES.length > 20);
    for (const name of WORD_NAMES) {
      const { says, advice, kind } = wordOf(name)!;
      assert.ok(says.en.length > 10 && /[一-鿿]/.test(says.zh), name);
      assert.equal(advice !== undefined, kind === 'divergence', name);
      assert.notEqual(lookUp(name.toUpperCase()), null, name);
    }
  });

  it('says what a layer is for, and lists its decisions', () => {
    const lines = explained('udp');
    assert.deepEqual(lines.slice(0, 4), [
      'udp  layer',
      '  UDP: is the datagram whole, and is a socket bound to its port?',
      '',
      'udp',
    ]);
    assert.deepEqual(
      listed(lines),
      namesWhere(({ layer }) => layer === 'udp'),
    );
  });

  it('says what a verdict means, and lists the decisions that end so', () => {
    const lines = explained('hold');
    assert.deepEqual(lines.slice(0, 2), [
      'hold  verdict',
      '  The frame waits: a fragment for the rest of its datagram, data for the bytes before it.',
    ]);
    assert.deepEqual(listed(lines).sort(), namesWhere(({ effect }) => effect === 'hold').sort());
  });

  it('says what a divergence means', () => {
    assert.deepEqual(explained('reset_instead', 'zh'), [
      'reset_instead  分歧',
      '  正在监听的 Linux 主机会接受连接；抓包中的服务器将其重置。',
      '  建议        可能当时无人监听，或接受队列已满且 tcp_abort_on_overflow 开启，或防火墙拒绝。',
      '',
    ]);
  });

  it('writes the word and its decisions as JSON', () => {
    const { output, text } = memoryOutput();
    writeJson(output, lookUp('hold'));
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines[0], {
      type: 'word',
      word: 'hold',
      kind: 'verdict',
      en: wordOf('hold')!.says.en,
      zh: wordOf('hold')!.says.zh,
    });
    assert.deepEqual(
      lines.slice(1).map(({ decision }) => decision),
      namesWhere(({ effect }) => effect === 'hold'),
    );
  });

  it('suggests a word that is misspelt, and not one that is merely a part', () => {
    assert.deepEqual(suggestions('missing_repyl'), ['missing_reply']);
    assert.ok(!suggestions('tcp_invalid_sequence').includes('tcp'));
  });
});

describe('explain of a reason that several decisions have', () => {
  it('says once what they share, and begins with those called after it', () => {
    assert.deepEqual(explained('no_socket').slice(0, 8), [
      `no_socket  ${lookUp('no_socket')!.entries.length} decisions`,
      '  kernel      NO_SOCKET: no socket was found that the packet could go to',
      '',
      'udp_no_socket  ✗ drop  udp  no_socket',
      '  No socket is bound to port N.',
      '  counter     UdpNoPorts/Udp6NoPorts',
      '  rule        RFC 1122 §4.1.3.1',
      '  advice      Start the program, or correct the port; the sender gets "port unreachable".',
    ]);
  });
});

describe('explain of what the kernel’s tools show', () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ['a counter', 'TcpInCsumErrors', ['tcp_checksum_bad  ✗ drop  tcp  tcp_csum']],
    ['a counter of IPv6 alone', 'udp6noports', ['udp_no_socket  ✗ drop  udp  no_socket']],
    ['a reason of resets', 'TCP_KEEPALIVE_TIMEOUT', ['tcp_rst_keepalive  ↳ reply  tcp']],
    ['a counter of several', 'Rx_Length_Errors', ['rx_length_errors  2 decisions', '', 'nic_runt  ✗ drop  nic  runt']],
  ];
  for (const [what, word, lines] of cases)
    it(`finds ${what}: ${word}`, () => assert.deepEqual(explained(word).slice(0, lines.length), lines));

  it('finds every counter and reset reason that decisions have', () => {
    for (const { rst, counter, counter6 } of CATALOGUE as readonly Decision[])
      for (const name of [rst, counter, counter6]) if (name !== undefined) assert.notEqual(lookUp(name), null, name);
  });
});
