import assert from 'node:assert/strict';
import { lookUp, printExplanation, printList, suggestions, writeJson } from '../../src/report/explain/explain.ts';
import { Printer } from '../../src/report/terminal/printer.ts';
import { makeStyle, plainStyle } from '../../src/report/terminal/style.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import { KERNEL_REASONS } from '../../src/trace/kernel-reasons.ts';
import { memoryOutput } from '../report/memory-output.ts';
import { inProcess } from './in-process.ts';

const ENTRIES = (CATALOGUE as readonly Decision[]).map((decision, number) => ({ decision, name: NAMES[number]! as string }));

function printed(work: (printer: Printer) => void, style = plainStyle()): string {
  const { output, text } = memoryOutput();
  work(new Printer(output, style));
  return text();
}

function names(word: string): string[] {
  return lookUp(word)?.entries.map(({ name }) => name) ?? [];
}

describe('explain', () => {
  it('finds every decision by its name, and every drop by its reason and its kernel name', () => {
    for (const { name, decision } of ENTRIES) {
      assert.deepEqual(names(name), [name]);
      if (decision.reason !== undefined && !NAMES.includes(decision.reason as never))
        assert.ok(names(decision.reason).includes(name), name);
      if (decision.skb !== undefined && decision.skb !== 'NOT_SPECIFIED')
        assert.ok(names(`SKB_DROP_REASON_${decision.skb}`).length > 0, name);
    }
  });

  it('shows all decisions of a reason', () => {
    const found = names('no_socket');
    assert.ok(found.includes('udp_no_socket') && found.includes('tcp_no_socket'), found.join());
    const text = printed((printer) => printExplanation(printer, lookUp('no_socket')!));
    for (const name of found) assert.match(text, new RegExp(`^${name} {2}✗ drop {2}`, 'm'));
  });

  it('says of a decision its sentence, kernel name, counter, rule and advice', () => {
    const { decision } = ENTRIES.find(({ name }) => name === 'udp_no_socket')!;
    assert.equal(
      printed((printer) => printExplanation(printer, lookUp('udp_no_socket')!)).replace(/ {2}see also.*\n/, ''),
      [
        'udp_no_socket  ✗ drop  udp  no_socket',
        '  No socket is bound to port N.',
        '  kernel      NO_SOCKET: no socket was found that the packet could go to',
        '  counter     UdpNoPorts/Udp6NoPorts',
        `  rule        ${decision.clause}`,
        `  advice      ${decision.advice}`,
        '',
      ].join('\n'),
    );
  });

  it('explains kernel names that rxpath never decides', () => {
    for (const name of Object.keys(KERNEL_REASONS)) assert.notEqual(lookUp(name.toLowerCase()), null, name);
    const text = printed((printer) => printExplanation(printer, lookUp('qdisc_drop')!), plainStyle('zh'));
    assert.equal(
      text,
      'QDISC_DROP\n  排队规则将其丢弃\n  rxpath 不作此决定：这是 Linux 内核的名称，所指之事不在 rxpath 的模型之内。\n',
    );
  });

  it('lists everything by layer within the width of the terminal', () => {
    for (const lang of ['en', 'zh'] as const) {
      const style = makeStyle({ env: { NO_COLOR: '1' }, stream: { isTTY: true, columns: 100 }, ascii: false, lang });
      const text = printed(printList, style);
      for (const { name } of ENTRIES) assert.match(text, new RegExp(`^ {2}\\S ${name}( |$)`, 'm'));
      if (lang === 'en') for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
    }
  });

  it('writes JSON with both languages', () => {
    const { output, text } = memoryOutput();
    writeJson(output, null);
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => [line.type, line.decision, line.verdict]),
      ENTRIES.map(({ name, decision }) => ['decision', name, decision.effect]),
    );
    assert.ok(lines.every((line) => line.en && line.zh && line.clause));
  });

  it('suggests names for a misspelt one', () => {
    assert.equal(suggestions('no_sockt')[0], 'no_socket');
    assert.equal(suggestions('TCP_INVALID_SEQENCE')[0], 'tcp_invalid_sequence');
    assert.deepEqual(suggestions('qwertyuiop'), []);
  });

  it('is a command', async () => {
    const { code, out, err } = await inProcess(['explain', 'NO_SOCKET', '--lang', 'zh', '--json']);
    assert.deepEqual([code, err], [0, '']);
    assert.equal(JSON.parse(out.split('\n')[0]!).reason, 'no_socket');
  });

  it('leaves with 2 for a name that nothing has', async () => {
    const { code, out, err } = await inProcess(['explain', 'no_sockt']);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /^rxpath: no reason or decision is called "no_sockt"\. Near it: no_socket.*\n$/);
  });
});
