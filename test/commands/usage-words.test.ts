import assert from 'node:assert/strict';
import { usageText } from '../../src/commands/usage-words.ts';

describe('what a command line lacks', () => {
  const cases: readonly [said: string, told: string][] = [
    [
      'Nonexistent flag: --fram\nSee more help with --help',
      'there is no flag --fram. Did you mean --frame or --frames? Help: rxpath analyze --help',
    ],
    ['Nonexistent flag: -x\nSee more help with --help', 'there is no flag -x. Help: rxpath analyze --help'],
    ['Flag --frame expects a value\nSee more help with --help', '--frame needs a value. Help: rxpath analyze --help'],
    [
      'Flag --frame can only be specified once\nSee more help with --help',
      '--frame can be given only once. Help: rxpath analyze --help',
    ],
    [
      'Parsing --frame \n\tExpected an integer but received: abc\nSee more help with --help',
      '--frame abc is not a whole number. Example: --frame 7. Help: rxpath analyze --help',
    ],
    [
      'Parsing --frame \n\tExpected an integer greater than or equal to 1 but received: 0\nSee more help with --help',
      '--frame begins at 1. Help: rxpath analyze --help',
    ],
    [
      'Parsing --snaplen \n\tExpected an integer less than or equal to 262144 but received: 999999\nSee more help with --help',
      '--snaplen goes up to 262144. Help: rxpath analyze --help',
    ],
    [
      'Expected --lang=fr to be one of: en, zh\nSee more help with --help',
      '--lang fr is not known. There are: en, zh. Help: rxpath analyze --help',
    ],
    [
      'Unexpected argument: b\nSee more help with --help',
      'one name is enough, and this is too much: b. Help: rxpath analyze --help',
    ],
    ['Something else\n  in two lines', 'Something else in two lines. Help: rxpath analyze --help'],
  ];
  for (const [said, told] of cases) it(told, () => assert.equal(usageText(said, 'analyze', ['frame', 'frames', 'json']), told));
});
