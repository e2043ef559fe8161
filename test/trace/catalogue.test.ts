import assert from 'node:assert/strict';
import { FACT_SLOTS, pieces, VALUE_FORMATS } from '../../src/report/words/words.ts';
import { CATALOGUE, D, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import { LAYERS } from '../../src/trace/decision.ts';

/** First words of decision names by layer. */
const PREFIXES: Readonly<Record<string, readonly string[]>> = {
  phy: ['phy'],
  nic: ['nic'],
  driver: ['driver'],
  arp: ['arp'],
  ip: ['ip', 'ipv4', 'ipv6', 'frag'],
  icmp: ['icmp', 'icmpv6', 'nd'],
  udp: ['udp'],
  tcp: ['tcp'],
  socket: ['socket', 'udp', 'tcp'],
  server: ['server', 'http'],
};

/** Chinese characters, or punctuation of their width. */
const HAN = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

const ENTRIES = (CATALOGUE as readonly Decision[]).map((decision, number) => ({ name: NAMES[number]! as string, decision }));

/** Names of the entries that break a rule. */
function breaking(rule: (decision: Decision, name: string) => boolean): string[] {
  return ENTRIES.filter(({ decision, name }) => !rule(decision, name)).map(({ name }) => name);
}

/** Slots of a sentence; the plural s has no place in Chinese. */
function slots(sentence: string): string[] {
  const found = pieces(sentence).flatMap((piece) =>
    typeof piece === 'string' || piece.format === 's' ? [] : [`${piece.slot}:${piece.format}`],
  );
  return [...new Set(found)].sort();
}

describe('catalogue', () => {
  it('has decisions of every layer of the receive path from the nic up', () => {
    const layers = new Set(ENTRIES.map(({ decision }) => decision.layer));
    assert.deepEqual(
      LAYERS.filter((layer) => layer !== 'phy' && !layers.has(layer)),
      [],
    );
  });

  it('numbers its names', () => {
    assert.deepEqual(
      ENTRIES.map(({ name }) => (D as Record<string, number>)[name]),
      ENTRIES.map((_, number) => number),
    );
    assert.equal(new Set(NAMES).size, NAMES.length);
  });

  it('has names in lower case that begin with their layer or protocol', () => {
    assert.deepEqual(
      breaking(
        (decision, name) => /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name) && PREFIXES[decision.layer]!.includes(name.split('_')[0]!),
      ),
      [],
    );
  });

  it('has a sentence in English and in Chinese', () => {
    assert.deepEqual(
      breaking(({ en, zh }) => en.length > 5 && HAN.test(zh) && !HAN.test(en)),
      [],
    );
  });

  it('shows the same values in both languages', () => {
    assert.deepEqual(
      breaking(({ en, zh }) => slots(en).join() === slots(zh).join()),
      [],
    );
  });

  it('has only slots and formats that words know', () => {
    const known = (sentence: string) =>
      pieces(sentence).every((piece) => {
        if (typeof piece === 'string') return !/[{}]/.test(piece);
        return ['a', 'b', 'c'].includes(piece.slot)
          ? piece.format in VALUE_FORMATS
          : piece.slot in FACT_SLOTS && piece.format === '';
      });
    assert.deepEqual(
      breaking(({ en, zh }) => known(en) && known(zh)),
      [],
    );
  });

  it('gives advice without slots: it is printed where no frame is at hand', () => {
    assert.deepEqual(
      breaking(({ advice = '', adviceZh = '' }) => !/[{}]/.test(advice + adviceZh)),
      [],
    );
  });

  it('names a rule by more than a word', () => {
    assert.deepEqual(
      breaking(({ clause }) => /\S[ /]\S/.test(clause)),
      [],
    );
  });

  it('has no two decisions of a protocol with the same sentence', () => {
    for (const lang of ['en', 'zh'] as const) {
      const seen = new Map<string, string>();
      const twice: string[] = [];
      for (const { name, decision } of ENTRIES) {
        const key = `${name.split('_')[0]} ${decision[lang]}`;
        if (seen.has(key)) twice.push(`${seen.get(key)} and ${name}`);
        seen.set(key, name);
      }
      assert.deepEqual(twice, []);
    }
  });

  it('gives a reason, and advice in both languages, with every drop and with nothing else', () => {
    assert.deepEqual(
      breaking(({ effect, reason, advice, adviceZh }) =>
        effect === 'drop' ? Boolean(reason && advice && adviceZh && HAN.test(adviceZh)) : reason === undefined,
      ),
      [],
    );
  });

  it('has reasons in lower case and kernel names in upper case', () => {
    assert.deepEqual(
      breaking(
        ({ reason, skb }) =>
          (reason === undefined || /^[a-z][a-z0-9_]*$/.test(reason)) && (skb === undefined || /^[A-Z][A-Z0-9_]*$/.test(skb)),
      ),
      [],
    );
  });

  it('names the rule of every decision', () => {
    assert.deepEqual(
      breaking(({ clause }) => clause.trim().length > 2),
      [],
    );
  });

  it('gives RST reasons only with replies, and kernel names never with replies', () => {
    assert.deepEqual(
      breaking(({ effect, rst, skb }) => (rst === undefined || effect === 'reply') && (skb === undefined || effect !== 'reply')),
      [],
    );
  });

  it('has counters as the kernel spells them', () => {
    assert.deepEqual(
      breaking(({ counter }) => counter === undefined || /^[A-Za-z][A-Za-z0-9_.]*$/.test(counter)),
      [],
    );
  });
});
