import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { problemsOf, wrongLine } from './script-of.ts';

/** Lines that are wrong, each after `»`, and below it what is said of it; positions in other lines than the first have file and line. */
const LINES = read('wrong-lines.txt')
  .split(/\n\n(?=»)/)
  .map((block) => {
    const lines = block.trimEnd().split('\n');
    const asked = lines.filter((line) => line.startsWith('»'));
    return { line: asked.map((line) => line.slice(2)).join('\n'), said: lines.slice(asked.length).join('\n') };
  });

/** Scripts that are wrong: a title, the script, what is said of it. */
const SCRIPTS = [...read('wrong-scripts.md').matchAll(/^## (.+)\n\n```\n([\s\S]*?)```\n\n```\n([\s\S]*?)\n```$/gm)].map(
  ([, title, script, said]) => ({ title: title!, script: script!, said: said! }),
);

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

describe('wrong lines', () => {
  it('are many', () => assert.ok(LINES.length >= 120, String(LINES.length)));
  for (const { line, said } of LINES) it(line.replaceAll('\n', ' ⏎ '), () => assert.equal(wrongLine(line), said));
});

describe('wrong scripts', () => {
  it('are ten', () => assert.equal(SCRIPTS.length, 10));
  for (const { title, script, said } of SCRIPTS) it(title, () => assert.equal(problemsOf(script, 'wrong.scn'), said));
});
