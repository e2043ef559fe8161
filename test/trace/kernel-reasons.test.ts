import assert from 'node:assert/strict';
import { CATALOGUE } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import { KERNEL_REASONS } from '../../src/trace/kernel-reasons.ts';

describe('kernel reasons', () => {
  it('are the 126 of Linux 6.18', () => assert.equal(Object.keys(KERNEL_REASONS).length, 126));

  it('have a meaning in both languages, and no two the same', () => {
    for (const lang of ['en', 'zh'] as const) {
      const texts = Object.values(KERNEL_REASONS).map((reason) => reason[lang]);
      assert.equal(new Set(texts).size, texts.length);
      assert.ok(texts.every((text) => text.length > 3));
    }
    for (const [name, { zh }] of Object.entries(KERNEL_REASONS)) assert.match(zh, /[\u4e00-\u9fff]/, name);
  });

  it('hold every kernel name that a decision gives', () => {
    const unknown = (CATALOGUE as readonly Decision[]).flatMap(({ skb }) =>
      skb === undefined || skb in KERNEL_REASONS ? [] : [skb],
    );
    assert.deepEqual(unknown, []);
  });
});
