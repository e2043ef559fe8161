import assert from 'node:assert/strict';
import { colorLevel, makeStyle, plainStyle, verdictGlyph } from '../../../src/report/terminal/style.ts';

describe('style', () => {
  const cases: readonly [string, Record<string, string>, boolean, number][] = [
    ['a terminal has colour', {}, true, 1],
    ['a pipe has none', {}, false, 0],
    ['NO_COLOR takes it away', { NO_COLOR: '1' }, true, 0],
    ['an empty NO_COLOR does not', { NO_COLOR: '' }, true, 1],
    ['FORCE_COLOR gives it to a pipe', { FORCE_COLOR: '1' }, false, 1],
    ['FORCE_COLOR goes before NO_COLOR', { FORCE_COLOR: '3', NO_COLOR: '1' }, false, 3],
    ['FORCE_COLOR=0 takes it away', { FORCE_COLOR: '0' }, true, 0],
    ['FORCE_COLOR=false takes it away', { FORCE_COLOR: 'false' }, true, 0],
    ['an empty FORCE_COLOR counts', { FORCE_COLOR: '' }, false, 1],
    ['a dumb terminal has none', { TERM: 'dumb' }, true, 0],
    ['FORCE_COLOR goes before TERM=dumb', { FORCE_COLOR: '2', TERM: 'dumb' }, true, 2],
  ];
  for (const [name, env, isTTY, level] of cases) it(name, () => assert.equal(colorLevel(env, { isTTY }), level));

  it('takes the width of a terminal, and none of a pipe', () => {
    const width = (stream: { isTTY: boolean; columns?: number }) =>
      makeStyle({ env: {}, stream, ascii: false, lang: 'en' }).width;
    assert.equal(width({ isTTY: true, columns: 132 }), 132);
    assert.equal(width({ isTTY: true }), 80);
    assert.equal(width({ isTTY: false, columns: 132 }), 0);
  });

  it('has a different glyph for each fate, also in ASCII', () => {
    for (const ascii of [false, true]) {
      const style = plainStyle('en', ascii);
      const glyphs = (['deliver', 'hold', 'forward', 'drop', 'observe'] as const).map((effect) => verdictGlyph(style, effect));
      assert.equal(new Set(glyphs).size, glyphs.length);
    }
  });

  it('draws with ASCII only where that was asked for', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
    for (const glyph of Object.values(plainStyle('en', true).glyphs)) assert.match(glyph, /^[\x00-\x7f]+$/);
  });
});
