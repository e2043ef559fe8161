import assert from 'node:assert/strict';
import { lookUp, writeJson } from '../../src/report/explain/explain.ts';
import { writeStatusJson } from '../../src/report/explain/explain-status.ts';
import { WORD_NAMES } from '../../src/report/explain/explain-words.ts';
import { KERNEL_REASONS } from '../../src/trace/kernel-reasons.ts';
import { STATUSES } from '../../src/trace/statuses.ts';
import { validateClosed } from './lines-of.ts';
import { memoryOutput } from './memory-output.ts';

/** Every line that `work` writes is as the schema says, and has no field that it does not. */
function check(work: (output: ReturnType<typeof memoryOutput>['output']) => void): void {
  const { output, text } = memoryOutput();
  work(output);
  const lines = text().trimEnd().split('\n');
  assert.ok(lines.length > 0);
  for (const line of lines) assert.ok(validateClosed(JSON.parse(line)), `${line} ${JSON.stringify(validateClosed.errors)}`);
}

describe('what explain writes as JSON', () => {
  it('is in the schema: decisions', () => check((output) => writeJson(output, null)));
  it('is in the schema: layers, verdicts and divergences', () =>
    check((output) => {
      for (const word of WORD_NAMES) writeJson(output, lookUp(word));
    }));
  it('is in the schema: names of the kernel', () =>
    check((output) => {
      for (const name of Object.keys(KERNEL_REASONS)) writeJson(output, lookUp(name));
    }));
  it('is in the schema: statuses', () => check((output) => writeStatusJson(output, STATUSES)));
});
