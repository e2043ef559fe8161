import assert from 'node:assert/strict';
import { D } from '../../../src/trace/catalogue.ts';
import { ip, Machine } from '../machine.ts';

const PERMANENT = { address: ip('10.0.0.2'), mac: { high: 0x0200, low: 2 } };

/** Addresses from which an echo request is answered, or makes the host ask for a MAC; each sends one, a millisecond after the other. */
function served(machine: Machine, last: readonly number[]): number[] {
  return last.filter((byte, nth) => {
    const time = nth * 1_000_000;
    machine.advance(time);
    machine.clear();
    machine.send({ ipv4: { source: `10.0.0.${byte}`, destination: '10.0.0.1' }, icmp: { type: 8 } }, { time });
    return machine.sent.length > 0;
  });
}

describe('the neighbour table', () => {
  const sysctl = { 'ipv4.neigh.gc_thresh3': 2 };

  it('has no room for more neighbours while it waits for the answers of as many as it holds', () => {
    const machine = new Machine({ sysctl, neighbours: [] });
    assert.deepEqual(served(machine, [3, 4, 5, 6]), [3, 4]);
    assert.equal(machine.trace.counts[D.arp_table_full], 2);
  });

  it('counts only entries that age', () => {
    assert.deepEqual(served(new Machine({ sysctl, neighbours: [PERMANENT] }), [2, 3, 4, 5, 2]), [2, 3, 4, 2]);
  });

  it('makes room when a neighbour has not answered', () => {
    const machine = new Machine({ sysctl, neighbours: [] });
    served(machine, [3, 4]);
    machine.advance(4_000_000_000);
    machine.clear();
    machine.send({ ipv4: { source: '10.0.0.5', destination: '10.0.0.1' }, icmp: { type: 8 } }, { time: 4_000_000_000 });
    assert.equal(machine.sent.length, 1);
  });
});
