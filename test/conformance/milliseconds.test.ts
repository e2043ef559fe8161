import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { loadScenario } from '../../conformance/capture.ts';
import { clockOffsets, millisecondStart } from '../../conformance/milliseconds.ts';
import { alignTicks } from '../../conformance/ticks.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
const MILLISECOND = 1_000_000;

describe("the kernel's milliseconds", () => {
  for (const name of ['estab_predicted_ts', 'loss_frto_ts', 'flow_app_win']) {
    it(`are told by the TSvals of ${name}`, () => {
      const scenario = loadScenario(FOLDER, name);
      const start = millisecondStart(scenario)!;
      const later = millisecondStart(alignTicks(scenario, 300_000))!;
      assert.equal((later - start + MILLISECOND) % MILLISECOND, 300_000);
      // aligned, they are the recording's own
      assert.equal(millisecondStart(alignTicks(scenario))! % MILLISECOND, 0);
    });
  }

  it('are not told where there are no TSvals', () => {
    assert.equal(millisecondStart(loadScenario(FOLDER, 'tcp_syn_open')), undefined);
  });

  it('differ between connections by a number of their own', () => {
    const offsets = [...clockOffsets(alignTicks(loadScenario(FOLDER, 'listen_no_ack_timestamp'))).values()];
    assert.equal(offsets.length, 1);
    assert.ok(Number.isInteger(offsets[0]));
  });
});
