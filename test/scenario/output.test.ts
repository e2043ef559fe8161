import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { playFile } from '../../src/commands/play.ts';
import { JsonReporter } from '../../src/report/json/reporter.ts';
import { validateClosed } from '../report/lines-of.ts';
import { memoryOutput } from '../report/memory-output.ts';

const LIBRARY = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
const SCRIPTS = readdirSync(LIBRARY).filter((name) => name.endsWith('.scn') && !/many|lossy/.test(name));

describe('JSON lines of scenarios', () => {
  it('are all as the schema has them, and their sums agree', async () => {
    const wrong: string[] = [];
    for (const name of SCRIPTS) {
      const { output, text } = memoryOutput();
      await playFile(join(LIBRARY, name), undefined, new JsonReporter(output, '0.1.0'));
      const lines = text()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      for (const line of lines) {
        if (!validateClosed(line)) wrong.push(`${name}: ${JSON.stringify(line)}: ${JSON.stringify(validateClosed.errors?.[0])}`);
      }
      const packets = lines.filter(({ type }) => type === 'packet');
      const { verdicts, packets: sum } = lines.at(-1);
      const told: Record<string, number> = {};
      for (const { verdict } of packets) told[verdict] = (told[verdict] ?? 0) + 1;
      assert.equal(sum, packets.length, name);
      assert.deepEqual(told, verdicts, name);
      assert.deepEqual(
        [...packets.map(({ n }) => n)].sort((a, b) => a - b),
        packets.map((_, i) => i + 1),
        name,
      );
    }
    assert.deepEqual(wrong.slice(0, 5), []);
  });
});
