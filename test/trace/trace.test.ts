import assert from 'node:assert/strict';
import { D } from '../../src/trace/catalogue.ts';
import { Opening, Trace } from '../../src/trace/trace.ts';

function opening(): Opening {
  const made = new Opening();
  made.ids.set([D.nic_mac_ours, D.ipv4_to_tcp]);
  made.values.set([1, 2, 3, 4, 5, 6]);
  made.length = 2;
  return made;
}

/** Decisions of the activity, each with its numbers. */
function told({ ids, values, length }: Trace): number[][] {
  return Array.from({ length }, (_, i) => [ids[i]!, ...values.subarray(i * 3, i * 3 + 3)]);
}

const FIRST = [
  [D.nic_mac_ours, 1, 2, 3],
  [D.ipv4_to_tcp, 4, 5, 6],
];

describe('a trace', () => {
  it('goes on behind an opening', () => {
    const trace = new Trace();
    trace.begin(10, 1);
    trace.open(opening());
    assert.deepEqual([told(trace), trace.final], [FIRST, D.ipv4_to_tcp]);
    trace.record(D.tcp_checksum_good, 7, 8);
    assert.deepEqual(told(trace), [...FIRST, [D.tcp_checksum_good, 7, 8, 0]]);
    assert.deepEqual([trace.counts[D.nic_mac_ours], trace.counts[D.tcp_checksum_good]], [1, 1]);
  });

  it('leaves the opening as it is, however long it becomes, and whatever comes between', () => {
    const trace = new Trace();
    const first = opening();
    for (let frame = 1; frame <= 3; frame++) {
      trace.begin(frame, frame);
      trace.open(first);
      for (let i = 0; i < 200; i++) trace.record(D.tcp_in_order, i);
      assert.deepEqual(told(trace).slice(0, 3), [...FIRST, [D.tcp_in_order, 0, 0, 0]]);
      assert.deepEqual(told(trace)[201], [D.tcp_in_order, 199, 0, 0]);
      trace.begin(frame, frame);
      for (let i = 0; i < 100; i++) trace.record(D.tcp_fin, 9, 9, 9);
      assert.equal(told(trace).filter(([id]) => id === D.tcp_fin).length, 100);
    }
    trace.begin(9, 9);
    trace.open(first);
    assert.deepEqual(told(trace), FIRST);
  });
});
