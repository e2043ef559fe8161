import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTION_SHAPES, EXPECT_SHAPES, HOST_SHAPES } from '../../src/scenario/statements/index.ts';
import { inProcess } from '../commands/in-process.ts';
import { problemsOf } from './script-of.ts';

const TEXT = readFileSync(new URL('../../docs/scenario.md', import.meta.url), 'utf8');
const EXAMPLES = [...TEXT.matchAll(/^```(scn|json)\n([\s\S]*?)^```$/gm)].map(([, language, script]) => ({
  language: language!,
  script: script!,
}));

describe('docs/scenario.md', () => {
  it('has examples', () => assert.ok(EXAMPLES.length >= 6));

  for (const { language, script } of EXAMPLES) {
    const title = script
      .split('\n')
      .find((line) => line.length > 20)!
      .trim()
      .slice(0, 60);
    it(`gives an example that can be read: ${title}`, () => assert.equal(problemsOf(script, `example.${language}`), ''));
    it(`and that runs as it says: ${title}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'docs-'));
      try {
        const path = join(folder, `example.${language}`);
        writeFileSync(path, script);
        const { code, out, err } = await inProcess(['run', path]);
        assert.equal(code, 0, `${out}${err}`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('names every word of the language', () => {
    const words = [...HOST_SHAPES, ...ACTION_SHAPES, ...EXPECT_SHAPES].flatMap((shape) => [
      ...shape.verbs.map((verb) => verb.words),
      ...[...shape.fields, ...(shape.variant?.of ?? []).flatMap((each) => each.fields)].flatMap((field) => field.words ?? []),
      ...(shape.variant?.of ?? []).map((each) => each.word),
    ]);
    const missing = [...new Set(words)].filter((word) => word !== '=' && !TEXT.includes(word));
    assert.deepEqual(missing, []);
  });
});
