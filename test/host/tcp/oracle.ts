import { resolve } from 'node:path';
import { loadScenario, scenarioNames } from '../linux-capture.ts';
import { LinuxRunner } from '../linux-runner.ts';

/** Prints how our host agrees with recorded scenarios: node --import tsx test/host/tcp/oracle.ts FOLDER [PREFIX] [-v] */
const [folder = 'fixtures/linux', prefix = ''] = process.argv.slice(2).filter((word) => word !== '-v');
const verbose = process.argv.includes('-v');
let passed = 0;
let failed = 0;
for (const name of scenarioNames(resolve(folder), [prefix])) {
  const checks = new LinuxRunner(loadScenario(resolve(folder), name)).run();
  const bad = checks.filter(({ problems }) => problems.length > 0);
  passed += checks.length - bad.length;
  failed += bad.length;
  console.log(`${name.padEnd(34)} ${checks.length - bad.length}/${checks.length}`);
  if (!verbose) continue;
  for (const { frame, note, problems } of bad) console.log(`   #${frame} ${note}: ${problems.join('\n         ')}`);
}
console.log(`${passed} passed, ${failed} failed`);
