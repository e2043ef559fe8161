import { loadScenario, scenarioNames } from '/work/main/test/host/linux-capture.ts';
import { LinuxRunner } from '/work/main/test/host/linux-runner.ts';
const dir = '/work/shared/oracle/captures';
const names = scenarioNames(dir, process.argv[2] ? [process.argv[2]] : ['tcp_', 'loss_', 'http_']);
const verbose = process.argv[3] === '-v';
let P = 0, F = 0;
for (const name of names) {
  let checks: readonly any[] = [];
  try { checks = new LinuxRunner(loadScenario(dir, name)).run(); } catch (e: any) { console.log(name, 'THROWS', e.stack); continue; }
  const bad = checks.filter((c) => c.problems.length > 0);
  P += checks.length - bad.length; F += bad.length;
  console.log(`${name.padEnd(32)} ${checks.length - bad.length}/${checks.length}`);
  if (verbose) for (const b of bad) console.log(`   #${b.frame} ${b.note}: ${b.problems.join('\n         ')}`);
}
console.log(`${P} passed, ${F} failed`);
