import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { acceptedDifferences } from '../../conformance/accepted.ts';
import { loadScenario, scenarioNames } from '../../conformance/capture.ts';
import { playLinux } from '../../conformance/play.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
const ACCEPTED = acceptedDifferences();

describe('the host against a Linux kernel', () => {
  for (const name of scenarioNames(FOLDER, [''])) {
    it(`answers ${name} as the kernel did`, () => {
      const checks = playLinux(loadScenario(FOLDER, name));
      assert.ok(checks.length > 0);
      const accepted = ACCEPTED.filter(({ scenario }) => scenario === name).map(({ frame }) => frame);
      const differing = checks.filter(({ problems }) => problems.length > 0);
      const unexpected = differing.filter(({ frame }) => !accepted.includes(frame));
      assert.deepEqual(
        unexpected.map(({ frame, note, problems }) => `#${frame} ${note}: ${problems.join('; ')}`),
        [],
      );
      // What no longer differs has no place in the list.
      assert.deepEqual(
        accepted.filter((frame) => !differing.some((check) => check.frame === frame)),
        [],
      );
    });
  }
});
