import assert from 'node:assert/strict';
import { Remarks } from '../../../src/scenario/play/remarks.ts';
import { steps } from '../../../src/scenario/script/unroll.ts';
import { PREAMBLE, scriptOf } from '../script-of.ts';

/** What is told before each step. */
function told(text: string): (readonly string[])[] {
  const script = scriptOf(PREAMBLE + text);
  const remarks = new Remarks(script.sources);
  return [...steps(script)].filter(({ type }) => type !== 'client').map((step) => remarks.of(step));
}

describe('the comments of a script', () => {
  it('are told before the step that they stand above, and the one behind it', () => {
    assert.deepEqual(told('# one\n\n#two  \nwait 1s # three\n#\nwait 1s\n# last\n'), [['one', 'two', 'three'], []]);
  });

  it('are told once in a loop, with those above it', () => {
    assert.deepEqual(told('# above\nrepeat 3\n  # inside\n  wait 1s\nend\n'), [['above', 'inside'], [], []]);
  });

  it('are no strings', () => {
    assert.deepEqual(told('alice udp 53 "# no comment"\n'), [[]]);
  });
});
