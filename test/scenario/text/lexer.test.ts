import assert from 'node:assert/strict';
import fc from 'fast-check';
import { quote, quoteIfNeeded } from '../../../src/scenario/kinds/text.ts';
import { lexLine } from '../../../src/scenario/text/lexer.ts';
import { render } from '../../../src/scenario/text/problems.ts';
import { bytesOf, textOf } from '../../../src/scenario/text/tokens.ts';
import { NO_SCOPE } from '../../../src/scenario/text/variables.ts';

function lexed(source: string): ReturnType<typeof lexLine> {
  return lexLine(source, 'a.scn', 1, NO_SCOPE, (_, message) => {
    throw new Error(message);
  });
}

describe('a line', () => {
  const cases: readonly [source: string, tokens: readonly string[], comment: string | undefined][] = [
    ['', [], undefined],
    ['  a  b\tc ', ['a', 'b', 'c'], undefined],
    ['a # b "c', ['a'], 'b "c'],
    ['a#b c', ['a#b', 'c'], undefined],
    ['a "b # c" d', ['a', 'b # c', 'd'], undefined],
    ['a"b"c', ['a', 'b', 'c'], undefined],
    ['#', [], ''],
    ['"\\r\\n\\t\\0\\"\\\\\\$\\#\\x41\\u4f60\\u{1f600}"', ['\r\n\t\0"\\$#A你😀'], undefined],
    ['你\u3000好\u00a0x', ['你', '好', 'x'], undefined],
  ];
  for (const [source, tokens, comment] of cases) {
    it(JSON.stringify(source), () => {
      const line = lexed(source);
      assert.deepEqual([line.tokens.map(({ text }) => text), line.comment], [tokens, comment]);
    });
  }

  it('counts columns in characters', () => {
    const { tokens, indent } = lexed('\t😀é "x" 你');
    assert.deepEqual(
      [indent, tokens.map(({ at }) => [at.column, at.length])],
      [
        1,
        [
          [2, 2],
          [5, 3],
          [9, 1],
        ],
      ],
    );
  });
});

describe('texts and bytes', () => {
  it('give each other back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(bytesOf(textOf(bytes)), bytes);
        assert.deepEqual(bytesOf(lexed(quote(textOf(bytes))).tokens[0]!.text), bytes);
      }),
      { seed: 3, numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.equal(lexed(quote(text)).tokens[0]!.text, text);
        if (text !== '')
          assert.deepEqual(
            lexed(quoteIfNeeded(text)).tokens.map((token) => token.text),
            [text],
          );
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});

describe('a message', () => {
  const said = (source: string, column: number, length: number): string =>
    render({ at: { file: 'f', line: 1, column, length }, message: 'no', source });
  const cases: readonly [title: string, source: string, column: number, length: number, expected: string][] = [
    ['points at a word', 'ab cd', 4, 2, 'f:1:4: no\n  ab cd\n     ^^'],
    ['points behind the end', 'ab', 3, 1, 'f:1:3: no\n  ab\n    ^'],
    ['keeps tabs', '\ta\tb', 4, 1, 'f:1:4: no\n  \ta\tb\n  \t \t^'],
    ['counts wide characters twice', '你 好', 3, 1, 'f:1:3: no\n  你 好\n     ^^'],
    ['counts combining characters not at all', 'e\u0301 x', 4, 1, 'f:1:4: no\n  e\u0301 x\n    ^'],
    [
      'cuts long lines',
      `${'a'.repeat(100)}!${'b'.repeat(300)}`,
      101,
      1,
      `f:1:101: no\n  …${'a'.repeat(80)}!${'b'.repeat(119)}…\n  ${' '.repeat(81)}^`,
    ],
    ['does without a line', '', 1, 1, 'f:1:1: no'],
  ];
  for (const [title, source, column, length, expected] of cases)
    it(title, () => assert.equal(said(source, column, length), expected));
});
