import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scriptToJson } from '../../src/scenario/json/json.ts';
import { parseScript } from '../../src/scenario/parser.ts';
import { formatScript } from '../../src/scenario/script/format.ts';
import { KINDS } from '../../src/scenario/statements/index.ts';
import { ScriptError } from '../../src/scenario/text/problems.ts';
import type { Script } from '../../src/scenario/tree/script.ts';
import { SAMPLES, SCRIPT, WORDS } from './samples.ts';
import { tree } from './script-of.ts';

const SEED = 20240607;

/** Null: the script means something that cannot be, such as two servers. */
function parsed(text: string, file = 'x.scn'): Script | null {
  try {
    return parseScript(text, file);
  } catch (error) {
    if (error instanceof ScriptError) return null;
    throw error;
  }
}

function throwsOnlyScriptErrors(text: string, file: string): void {
  const load = (path: string): { file: string; text: string } => ({ file: path, text });
  const before = process.cpuUsage();
  try {
    parseScript(text, file, { load });
  } catch (error) {
    assert.ok(error instanceof ScriptError, `${JSON.stringify(text)}: ${error}`);
    for (const { at } of error.problems) assert.ok(at.line > 0 && at.column > 0 && at.length > 0, JSON.stringify(at));
  }
  assert.ok(process.cpuUsage(before).user < 2_000_000, `slow: ${JSON.stringify(text.slice(0, 80))}`);
}

describe('any text', () => {
  it('is a script or gives script errors: bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) =>
        throwsOnlyScriptErrors(Buffer.from(bytes).toString('utf8'), 'x.scn'),
      ),
      { seed: SEED, numRuns: 800 },
    );
  });

  it('is a script or gives script errors: words of the language in any order', () => {
    const line = fc.array(fc.constantFrom(...WORDS), { maxLength: 9 }).map((words) => words.join(' '));
    const text = fc
      .array(fc.tuple(fc.constantFrom('', '  ', '\t'), line), { maxLength: 8 })
      .map((lines) => lines.map((each) => each.join('')).join('\n'));
    fc.assert(
      fc.property(text, (each) => throwsOnlyScriptErrors(each, 'x.scn')),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it('is a script or gives script errors: right lines with one word changed', () => {
    fc.assert(
      fc.property(SCRIPT, fc.nat(), fc.constantFrom(...WORDS, ''), (text, at, word) => {
        const words = text.split(/(?<=\s)/);
        words[at % Math.max(1, words.length)] = `${word}${/\s$/.exec(words[at % Math.max(1, words.length)] ?? '')?.[0] ?? ''}`;
        throwsOnlyScriptErrors(words.join(''), 'x.scn');
      }),
      { seed: SEED, numRuns: 800 },
    );
  });

  it('is a script or gives script errors: JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => throwsOnlyScriptErrors(text, 'x.json')),
      { seed: SEED, numRuns: 500 },
    );
    const statements = fc.array(fc.json({ maxDepth: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(statements, (each) =>
        throwsOnlyScriptErrors(`{"format":"rxpath-scenario-1.0","statements":[${each.join(',')}]}`, 'x.json'),
      ),
      { seed: SEED, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => throwsOnlyScriptErrors(text, 'x.json')),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('is read in a time that grows with its length only', () => {
    const long = (unit: string, times: number): void => throwsOnlyScriptErrors(unit.repeat(times), 'x.scn');
    long('alice > 80 tcp SYN ', 20_000);
    long('é😀"', 50_000);
    long('server ', 50_000);
    long('hex 02 ', 50_000);
    long('${', 50_000);
    long('for n in 1..2\n', 3000);
    long('wrong\n', 50_000);
    long('include x\n', 30);
    throwsOnlyScriptErrors(`{"format":"rxpath-scenario-1.0","statements":${'['.repeat(50_000)}`, 'x.json');
  });
});

describe('any script', () => {
  it('can be made of every kind of value', () => {
    assert.deepEqual(
      [...KINDS.keys()].filter((name) => name !== 'flag' && SAMPLES[name] === undefined),
      [],
    );
  });

  let right = 0;
  it('stays the same tree when it is formatted, and formatted stays formatted', () => {
    fc.assert(
      fc.property(SCRIPT, (text) => {
        const script = parsed(text);
        if (script === null) return;
        right++;
        const formatted = formatScript(script);
        const again = parseScript(formatted, 'x.scn');
        assert.deepEqual(tree(again), tree(script), formatted);
        assert.equal(formatScript(again), formatted);
      }),
      { seed: SEED, numRuns: 700 },
    );
    assert.ok(right > 150, `only ${right} scripts were right`);
  });

  it('stays the same tree through JSON', () => {
    fc.assert(
      fc.property(SCRIPT, (text) => {
        const script = parsed(text);
        if (script === null) return;
        const json = JSON.stringify(scriptToJson(script));
        const back = parseScript(json, 'x.json');
        assert.deepEqual(tree(back), tree(script), json);
        assert.deepEqual(tree(parseScript(formatScript(back), 'x.scn')), tree(script));
        assert.equal(JSON.stringify(scriptToJson(back)), json);
      }),
      { seed: SEED, numRuns: 700 },
    );
  });
});
