import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { loadScenario, scenarioNames } from '../linux-capture.ts';
import { LinuxRunner } from '../linux-runner.ts';

const FOLDER = fileURLToPath(new URL('../../../fixtures/linux', import.meta.url));

/** Differences that are ours to keep, each with its reason: the scenario's name, the frame's index in the capture. */
const ACCEPTED: Readonly<Record<string, readonly number[]>> = {
  // Which segment the 40-ms ACK timer meets depends on when the kernel's tick falls; the kernel itself differs from run to run.
  tcp_rcvbuf_default: [58, 59, 72, 74, 85, 86],
};

describe('TCP against a Linux kernel', () => {
  for (const name of scenarioNames(FOLDER, ['tcp_', 'loss_', 'http_', 'asked_'])) {
    it(`answers ${name} as the kernel did`, () => {
      const checks = new LinuxRunner(loadScenario(FOLDER, name)).run();
      assert.ok(checks.length > 0);
      const failed = checks.filter(({ problems, frame }) => problems.length > 0 && !ACCEPTED[name]?.includes(frame));
      assert.deepEqual(
        failed.map(({ frame, note, problems }) => `#${frame} ${note}: ${problems.join('; ')}`),
        [],
      );
    });
  }
});
