import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { loadScenario, scenarioNames } from '../../conformance/capture.ts';
import { LinuxRunner } from '../../conformance/runner.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
/** Tables of /proc/net/snmp, netstat and snmp6, whose counters the recordings hold. */
const TABLES = /^(TcpExt|IpExt|Tcp|Udp6|Udp|Ip6|Ip|Icmp6|Icmp)(?=[A-Z])/;
/** What one decision stands for in both versions of IP is counted in a table of each. */
const VERSION = /^(Ip|Udp|Icmp)6/;

/** `TcpExtPAWSEstab` of the catalogue and `TcpExt.PAWSEstab` of a recording, as one name for both versions of IP. */
function plain(counter: string): string {
  return counter.replace('.', '').replace(VERSION, '$1');
}

describe('counters of drops', () => {
  it('are among those that a Linux kernel raises then', () => {
    const raised = new Map<string, Set<string>>();
    for (const name of scenarioNames(FOLDER, [''])) {
      const runner = new LinuxRunner(loadScenario(FOLDER, name));
      runner.run();
      for (const { decision, counters } of runner.raised) {
        const known = raised.get(decision) ?? new Set();
        for (const counter of counters) known.add(plain(counter));
        raised.set(decision, known);
      }
    }
    const wrong = (CATALOGUE as readonly Decision[]).flatMap(({ effect, counter }, id) => {
      const seen = raised.get(NAMES[id]!);
      if (effect !== 'drop' || counter === undefined || !TABLES.test(counter) || seen === undefined) return [];
      return seen.has(plain(counter)) ? [] : [`${NAMES[id]!}: ${counter}, not ${[...seen].join(' ')}`];
    });
    assert.deepEqual(wrong, []);
    assert.ok(raised.size > 150, String(raised.size));
  }).timeout(60_000);
});
