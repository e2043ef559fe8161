import assert from 'node:assert/strict';
import { lookUp, printExplanation, printList } from '../../src/report/explain/explain.ts';
import type { Lang } from '../../src/report/lang.ts';
import { Printer } from '../../src/report/terminal/printer.ts';
import { plainStyle } from '../../src/report/terminal/style.ts';
import { VIEWS } from '../../src/report/views/summary.ts';
import { CATALOGUE, type DecisionName, NAMES } from '../../src/trace/catalogue.ts';
import { memoryOutput } from './memory-output.ts';
import { report, type Told, udp } from './story.ts';

const LANGUAGES: readonly Lang[] = ['en', 'zh'];

/** A frame whose path holds the decision, and one whose path ends with it where it can; the same without anything read of the frame. */
function told(name: DecisionName): Told[] {
  const effect = CATALOGUE[NAMES.indexOf(name)]!.effect;
  const isStep = effect !== 'reply' && effect !== 'event' && effect !== 'pass';
  const steps = isStep ? (['nic_mac_ours', name] as const) : ([name, 'udp_checksum_bad'] as const);
  return [
    { facts: udp, steps },
    { facts: {}, steps },
  ];
}

/** Lines with a brace that is no JSON. */
function unfilled(text: string): string[] {
  return text.split('\n').filter((line) => /\{[a-z]/.test(line));
}

describe('no slot is left open', () => {
  for (const lang of LANGUAGES) {
    it(`in what --${VIEWS.join(' --')} print (${lang})`, () => {
      const story = (NAMES as readonly DecisionName[]).flatMap(told);
      assert.deepEqual(unfilled(report(story, { views: VIEWS, lang })), []);
    });

    it(`in what --frame prints (${lang})`, () => {
      for (const name of NAMES) for (const each of told(name)) assert.deepEqual(unfilled(report([each], { frame: 1, lang })), []);
    });

    it(`in explanations (${lang})`, () => {
      const { output, text } = memoryOutput();
      const printer = new Printer(output, plainStyle(lang));
      printList(printer);
      for (const name of NAMES) printExplanation(printer, lookUp(name)!);
      printer.flush();
      assert.deepEqual(unfilled(text()), []);
    });
  }

  it('in the details of JSON lines', () => {
    for (const name of NAMES) {
      const lines = told(name).flatMap((each) => report([each], { json: true }).trimEnd().split('\n'));
      const details = lines
        .flatMap((line) => Object.values(JSON.parse(line) as object))
        .filter((value) => typeof value === 'string');
      assert.deepEqual(unfilled(details.join('\n')), []);
    }
  });
});
