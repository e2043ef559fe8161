import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { loadScenario, scenarioNames } from './linux-capture.ts';
import { LinuxRunner } from './linux-runner.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));

/** Differences that are ours to keep, each with its reason: the scenario's name, the frame's index in the capture. */
const ACCEPTED: Readonly<Record<string, readonly number[]>> = {
  // UDP-Lite is a protocol of its own, which no program here speaks: unknown to us, while this kernel has it built in.
  icmp_quote: [14],
  // Two source routes: the kernel complains about the second one along the first one reversed; we to the sender at once.
  ip_options_more: [109, 111],
  // An answer goes back along the source route that the packet came by: we answer straight (net.ipv4.conf.all.accept_source_route is 0 by default).
  fwd_options_srr: [37, 54, 56],
};

describe('the lower host against a Linux kernel', () => {
  for (const name of scenarioNames(FOLDER, ['l2_', 'ip_', 'frag_', 'icmp_', 'udp_', 'v6_', 'fw_', 'fwd_', 'fwd6_'])) {
    const scenario = loadScenario(FOLDER, name);
    it(`answers ${name} as the kernel did`, () => {
      const checks = new LinuxRunner(scenario).run();
      assert.ok(checks.length > 0);
      const failed = checks.filter(({ problems, frame }) => problems.length > 0 && !ACCEPTED[name]?.includes(frame));
      assert.deepEqual(
        failed.map(({ frame, note, problems }) => `#${frame} ${note}: ${problems.join('; ')}`),
        [],
      );
    });
  }
});
