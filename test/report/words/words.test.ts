import assert from 'node:assert/strict';
import { adviceOf, FACT_SLOTS, pieces, sentence, template, VALUE_FORMATS } from '../../../src/report/words/words.ts';
import { D } from '../../../src/trace/catalogue.ts';
import type { Decision } from '../../../src/trace/decision.ts';
import { Facts } from '../../../src/trace/facts.ts';

describe('words', () => {
  const formats: readonly [string, number, string][] = [
    ['', 42, '42'],
    ['', -1, '-1'],
    ['hex2', 10, '0x0a'],
    ['hex4', 0x1234, '0x1234'],
    ['hex8', 0xdeadbeef, '0xdeadbeef'],
    ['hex8', -1, '0xffffffff'],
    ['ip4', 0x0a000001, '10.0.0.1'],
    ['ip4', 0xffffffff, '255.255.255.255'],
    ['ns', 31_400_000, '31.4 ms'],
    ['flags', 0x12, 'SA'],
    ['flags', 0xff, 'SFRPAUEC'],
    ['flags', 0, 'none'],
    ['ethertype', 0x0806, '0x0806 (ARP)'],
    ['ethertype', 0x88b5, '0x88b5'],
    ['ipproto', 47, '47 (GRE)'],
    ['ipproto', 200, '200'],
    ['state', 3, 'ESTABLISHED'],
    ['state', 99, 'state 99'],
    ['linktype', 113, '113 (Linux cooked)'],
    ['linktype', 999, '999'],
    ['s', 1, ''],
    ['s', 2, 's'],
    ['s', 0, 's'],
    ['fd', 4, 'descriptor 4'],
    ['fd', -1, 'no descriptor yet'],
    ['data', 2, '2 bytes of data'],
    ['data', 1, '1 byte of data'],
    ['data', 0, 'no data'],
    ['resent', 0, 'The FIN'],
    ['resent', 1, '1 byte'],
    ['resent', 103, '103 bytes'],
    ['scale', 7, 'window scale 7'],
    ['scale', -1, 'no window scaling'],
    ['silence', 4, 'it would be about an error'],
    ['silence', 99, '99'],
  ];
  for (const [format, value, text] of formats)
    it(`fills {a:${format}} of ${value}`, () => assert.equal(VALUE_FORMATS[format]!(value), text));

  it('has words of its language in formats', () => {
    assert.equal(sentence(D.tcp_connection_found, 2, -1, 0, new Facts(), 'zh'), '四元组属于处于 SYN_RECV 的连接（尚无描述符）。');
    assert.equal(sentence(D.tcp_checksum_good, 5, 0, 0, new Facts(), 'zh'), '校验和正确（覆盖伪首部、首部、5 字节数据）。');
  });

  it('takes a sentence apart at its slots', () => {
    assert.deepEqual(pieces('{a} byte{a:s} for {dst}, done'), [
      { slot: 'a', format: '' },
      ' byte',
      { slot: 'a', format: 's' },
      ' for ',
      { slot: 'dst', format: '' },
      ', done',
    ]);
    assert.deepEqual(pieces('no slot'), ['no slot']);
  });

  it('fills the slots of the frame from its facts', () => {
    const facts = new Facts();
    Object.assign(facts, {
      hasMacs: true,
      sourceMacHigh: 0x0200,
      sourceMacLow: 2,
      destinationMacHigh: 0xffff,
      destinationMacLow: 0xffffffff,
    });
    Object.assign(facts, {
      family: 4,
      src3: 0x0a000002,
      dst3: 0x0a000001,
      hasTransport: true,
      sourcePort: 51234,
      destinationPort: 80,
    });
    const filled = Object.entries(FACT_SLOTS).map(([slot, fill]) => [slot, fill(facts)]);
    assert.deepEqual(Object.fromEntries(filled), {
      src: '10.0.0.2',
      dst: '10.0.0.1',
      sport: '51234',
      dport: '80',
      smac: '02:00:00:00:00:02',
      dmac: 'ff:ff:ff:ff:ff:ff',
    });
  });

  it('fills them with IPv6 addresses too', () => {
    const facts = new Facts();
    Object.assign(facts, { family: 6, src0: 0xfd000010, src3: 2, dst0: 0xff020000, dst3: 1 });
    assert.equal(FACT_SLOTS.src!(facts), 'fd00:10::2');
    assert.equal(FACT_SLOTS.dst!(facts), 'ff02::1');
  });

  it('has a question mark where nothing was read', () => {
    for (const fill of Object.values(FACT_SLOTS)) assert.equal(fill(new Facts()), '?');
  });

  const decision: Decision = {
    layer: 'tcp',
    effect: 'drop',
    reason: 'no_socket',
    clause: 'RFC 9293 §3.10.7.1',
    en: 'No socket for {src} to {dst}:{dport}, {a:flags}, {b} byte{b:s}.',
    zh: '没有套接字',
    advice: 'Start it.',
    adviceZh: '启动它。',
  };

  it('names the slots for somebody who reads the catalogue', () => {
    assert.equal(template(decision, 'en'), 'No socket for SRC to DST:DPORT, FLAGS, N bytes.');
  });

  it('gives the advice of the language, and English where there is no other', () => {
    assert.equal(adviceOf(decision, 'zh'), '启动它。');
    const { adviceZh: _, ...english } = decision;
    assert.equal(adviceOf(english, 'zh'), 'Start it.');
  });
});
