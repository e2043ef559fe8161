// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of our own language
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { scriptToJson } from '../../../src/scenario/json/json.ts';
import { scenarioSchema } from '../../../src/scenario/json/schema.ts';
import { parseScript } from '../../../src/scenario/parser.ts';
import { formatScript } from '../../../src/scenario/script/format.ts';
import { ScriptError } from '../../../src/scenario/text/problems.ts';
import { SCRIPT } from '../samples.ts';
import { problemsOf, tree } from '../script-of.ts';

const SCHEMA_FILE = new URL('../../../schema/rxpath-scenario-1.0.schema.json', import.meta.url);
const SCENARIOS = new URL('../../../fixtures/scenarios/', import.meta.url);
const validate = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(scenarioSchema());

function valid(json: unknown): void {
  assert.ok(validate(json), `${JSON.stringify(validate.errors)} ${JSON.stringify(json)}`);
}

/** What is wrong with a script in JSON that has this one statement. */
function wrong(statement: string): string {
  return problemsOf(`{"format":"rxpath-scenario-1.0","statements":[\n${statement}\n]}`, 'a.json').replaceAll('a.json:2:', '');
}

describe('the JSON form', () => {
  it('has the schema that is shipped', () => {
    const schema = scenarioSchema();
    if (process.env.RXPATH_WRITE_SCHEMA === '1') writeFileSync(SCHEMA_FILE, `${JSON.stringify(schema, null, 2)}\n`);
    assert.deepEqual(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')), schema, 'RXPATH_WRITE_SCHEMA=1 writes it anew');
  });

  it('of every shipped scenario is valid and comes back as the same tree', () => {
    for (const name of readdirSync(SCENARIOS).filter((each) => each.endsWith('.scn'))) {
      const script = parseScript(readFileSync(new URL(name, SCENARIOS), 'utf8'), name);
      const json = scriptToJson(script);
      valid(json);
      const back = parseScript(JSON.stringify(json, null, 2), `${name}.json`);
      assert.deepEqual(tree(back), tree(script), name);
      assert.deepEqual(tree(parseScript(formatScript(back), name)), tree(script), name);
    }
  });

  it('of any script is valid', () => {
    fc.assert(
      fc.property(SCRIPT, (text) => {
        let json: unknown;
        try {
          json = scriptToJson(parseScript(text, 'x.scn'));
        } catch (error) {
          assert.ok(error instanceof ScriptError);
          return;
        }
        valid(json);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('looks like this', () => {
    const text =
      '# hi\nclient bob ip 10.0.0.11 # him\n+1ms bob:5000 > 80 tcp SYN,ACK mss 1460 "x\\n" corrupt fcs\n  expect drop nic fcs_error\nfor n in 1..3\n  bob ping size $n\nend\n';
    assert.deepEqual(scriptToJson(parseScript(text, 'x.scn')), {
      format: 'rxpath-scenario-1.0',
      statements: [
        { type: 'client', comments: { before: ['# hi'], after: 'him' }, name: 'bob', ip: '10.0.0.11' },
        {
          type: 'wire',
          time: '+1ms',
          from: 'bob:5000',
          to: 80,
          packet: { protocol: 'tcp', flags: 'SYN,ACK', mss: 1460, data: 'x\n' },
          frame: { corrupt: ['fcs'] },
          expects: [{ type: 'drop', layer: 'nic', reason: 'fcs_error' }],
        },
        {
          type: 'for',
          variable: 'n',
          in: { first: 1, last: 3 },
          body: [{ type: 'ping', client: 'bob', size: { template: '$n' } }],
        },
      ],
    });
  });

  const cases: readonly [string, string][] = [
    [
      '{"type":"wait","duration":"60"}',
      '27: `60` has no unit\n  {"type":"wait","duration":"60"}\n                            ^^^^\n  did you mean `60ms` or `60s`?',
    ],
    ['{"type":"wiat"}', '9: this is no type of statement\n  {"type":"wiat"}\n          ^^^^^^\n  did you mean `wait` or `wire`?'],
    ['{"type":"wait"}', '1: `wait` needs `duration`\n  {"type":"wait"}\n  ^'],
    [
      '{"type":"wait","duration":"1s","foo":1}',
      '32: `wait` has no `foo`\n  {"type":"wait","duration":"1s","foo":1}\n                                 ^^^^^\n  there may be duration',
    ],
    [
      '{"type":"wait","duration":true}',
      '27: expected a duration, such as 20ms or 1.5s\n  {"type":"wait","duration":true}\n                            ^^^^',
    ],
    [
      '{"type":"wait","duration":"1s",}',
      '32: a comma before the end is not JSON\n  {"type":"wait","duration":"1s",}\n                                 ^',
    ],
    [
      '{"type":"wait" "duration":"1s"}',
      '16: a comma or `}` is expected here\n  {"type":"wait" "duration":"1s"}\n                 ^',
    ],
    ["{'type':'wait'}", "2: the name of a member is expected here, in quotes\n  {'type':'wait'}\n   ^"],
    [
      '{"type":"ping","client":"bob"}',
      '25: there is no client `bob`\n  {"type":"ping","client":"bob"}\n                          ^^^^^\n  declare it: `client bob ip 10.0.0.10`',
    ],
    [
      '{"type":"site","directory":"a","time":"1s"}',
      '39: `site` belongs to the host part and has no time\n  {"type":"site","directory":"a","time":"1s"}\n                                        ^^^^',
    ],
    [
      '{"type":"wait","duration":{"template":"${n}ms"}}',
      '27: there is no variable `$n` here\n  {"type":"wait","duration":{"template":"${n}ms"}}\n                            ^\n  variables come from `for` and `repeat`; a dollar sign in a string is written `\\$`',
    ],
    [
      '{"type":"repeat","count":2,"body":[{"type":"site","directory":"x"}]}',
      '36: `site` cannot stand in a loop\n  {"type":"repeat","count":2,"body":[{"type":"site","directory":"x"}]}\n                                     ^',
    ],
    [
      '{"type":"for","variable":"n","in":{"first":5,"last":1},"body":[]}',
      '35: the range ends before it begins\n  {"type":"for","variable":"n","in":{"first":5,"last":1},"body":[]}\n                                    ^',
    ],
  ];
  for (const [statement, expected] of cases) {
    it(`tells what is wrong with ${statement}`, () => assert.equal(wrong(statement), expected));
  }

  it('must say what it is', () => {
    assert.match(
      problemsOf('{"statements":[]}', 'a.json'),
      /^a\.json:1:1: a script in JSON has `"format": "rxpath-scenario-1\.0"`/,
    );
    assert.match(problemsOf('[]', 'a.json'), /^a\.json:1:1: a script is an object/);
  });
});
