/**
 * Holds our host against recorded answers of a Linux kernel, frame by frame:
 *   npm run conformance -- DIR             all of DIR's NAME.pcap with NAME.json
 *   npm run conformance -- DIR PREFIX …    those whose names begin so
 * Ends with 1 if a check failed, with 2 if there was nothing to check.
 */
import { statSync } from 'node:fs';
import { type Accepted, acceptedDifferences } from './accepted.ts';
import { halves, loadScenario, scenarioNames } from './capture.ts';
import { playLinux } from './play.ts';
import type { LinuxCheck } from './runner.ts';
import { type Count, Tally } from './tally.ts';

const [folder, ...prefixes] = process.argv.slice(2);
if (folder === undefined || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
  console.error(folder === undefined ? 'usage: npm run conformance -- DIR [PREFIX …]' : `${folder}: there is no such folder`);
  process.exit(2);
}
const wanted = prefixes.length === 0 ? [''] : prefixes;
const names = scenarioNames(folder, wanted);
for (const file of halves(folder, wanted)) console.error(`${folder}: there is no ${file}: left out`);
if (names.length === 0) {
  console.error(`${folder}: no NAME.pcap with NAME.json`);
  process.exit(2);
}

const accepted = acceptedDifferences();
const tally = new Tally();
const width = Math.max(...names.map((name) => name.length));
for (const name of names) {
  const { category, checks } = examine(folder, name);
  const allowed = accepted.filter(({ scenario }) => scenario === name);
  const differing = checks.filter(({ problems }) => problems.length > 0);
  const failed = differing.filter((check) => reasonFor(check, allowed) === undefined);
  const count: Count = {
    passed: checks.length - differing.length,
    failed: failed.length,
    accepted: differing.length - failed.length,
  };
  tally.add(category, count);
  const state = count.failed > 0 ? 'FAILED' : 'ok';
  const beside = count.accepted > 0 ? `, ${count.accepted} accepted` : '';
  console.log(`${name.padEnd(width)}  ${state.padEnd(6)}  ${count.passed} of ${checks.length}${beside}`);
  for (const check of differing) {
    const reason = reasonFor(check, allowed);
    console.log(`    #${check.frame} ${check.note}${reason === undefined ? '' : `  (accepted: ${reason})`}`);
    for (const problem of check.problems) console.log(`        ${problem}`);
  }
}

console.log();
for (const line of tally.lines()) console.log(line);
console.log();
if (tally.total.accepted > 0)
  console.log(`${tally.total.accepted} accepted differences (conformance/accepted.txt), in neither figure below`);
console.log(`${tally.total.passed} passed, ${tally.total.failed} failed`);
process.exitCode = tally.total.failed > 0 ? 1 : tally.total.passed + tally.total.accepted === 0 ? 2 : 0;

/** A scenario that cannot be set up fails as a whole. */
function examine(from: string, name: string): { readonly category: string; readonly checks: readonly LinuxCheck[] } {
  let category = name.split('_')[0]!;
  try {
    const scenario = loadScenario(from, name);
    category = scenario.category || category;
    return { category, checks: playLinux(scenario) };
  } catch (error) {
    const problem = `cannot be played: ${error instanceof Error ? error.message : String(error)}`;
    return { category, checks: [{ scenario: name, frame: 0, note: '', problems: [problem] }] };
  }
}

function reasonFor(check: LinuxCheck, allowed: readonly Accepted[]): string | undefined {
  return allowed.find(({ frame }) => frame === check.frame)?.reason;
}
