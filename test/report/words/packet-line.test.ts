import assert from 'node:assert/strict';
import { contents } from '../../../src/report/words/packet-line.ts';
import { Facts } from '../../../src/trace/facts.ts';

describe('what a line says of a frame', () => {
  const cases: readonly [name: string, facts: Partial<Facts>, expected: string][] = [
    ['an EtherType', { hasMacs: true, etherType: 0x88cc }, '0x88cc (LLDP)'],
    ['a length in its place', { hasMacs: true, etherType: 38 }, 'LLC length 38'],
    ['a protocol of a cooked capture, which has no length', { etherType: 4 }, '0x0004'],
    ['tags', { hasMacs: true, vlan: 7, etherType: 0x1234 }, 'vlan 7 0x1234'],
  ];
  for (const [name, facts, expected] of cases)
    it(name, () => assert.equal(contents(Object.assign(new Facts(), facts)), expected));
});
