// biome-ignore-all lint/suspicious/noTemplateCurlyInString: expressions of our own language
import assert from 'node:assert/strict';
import { steps } from '../../../src/scenario/script/unroll.ts';
import { writeStatement } from '../../../src/scenario/statements/write-statement.ts';
import { lexLine, type Report } from '../../../src/scenario/text/lexer.ts';
import { ScriptError } from '../../../src/scenario/text/problems.ts';
import { hasVariable } from '../../../src/scenario/text/variables.ts';
import type { Step } from '../../../src/scenario/tree/script.ts';
import { PREAMBLE, scriptOf } from '../script-of.ts';

/** The steps after the preamble's clients, as they would be written. */
function played(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const script = scriptOf(`${PREAMBLE}${text}`, 'a.scn', files);
  return [...steps(script)].slice(3).map((step) => writeStatement(step));
}

describe('loops', () => {
  const cases: readonly [title: string, text: string, expected: readonly string[]][] = [
    ['repeat', 'repeat 2\n  alice ping\nend', ['alice ping', 'alice ping']],
    [
      'repeat counts from 1 as $n',
      'repeat 3 times\n  alice ping size $n\nend',
      ['alice ping size 1', 'alice ping size 2', 'alice ping size 3'],
    ],
    [
      'for over a range',
      'for i in 8..10\n  alice:$i > 80 tcp SYN\nend',
      ['alice:8 > 80 tcp SYN', 'alice:9 > 80 tcp SYN', 'alice:10 > 80 tcp SYN'],
    ],
    [
      'for with a step',
      'for i in 0..10 step 4\n  alice ping size $i\nend',
      ['alice ping size 0', 'alice ping size 4', 'alice ping size 8'],
    ],
    [
      'for over words',
      'for f in SYN RST,ACK, "FIN"\n  alice > 80 tcp $f\nend',
      ['SYN', 'RST,ACK', 'FIN'].map((f) => `alice > 80 tcp ${f}`),
    ],
    [
      'in loops',
      'for i in 1..2\n  for j in 1..$i\n    alice ping size ${i * 10 + j}\n  end\nend',
      ['alice ping size 11', 'alice ping size 21', 'alice ping size 22'],
    ],
    [
      'repeat in a loop that has $n',
      'for n in 7..8\n  repeat 2\n    alice ping size $n\n  end\nend',
      [7, 7, 8, 8].map((n) => `alice ping size ${n}`),
    ],
    ['zero times', 'repeat 0\n  alice ping\nend\nwait 1s', ['wait 1s']],
    [
      'in every kind of value',
      'for n in 9..9\n  ${n}ms alice:$n > 10.0.0.$n:80 tcp SYN seq ${n*n} mss ${n+500} data $n from mac 02:00:00:00:00:${n+1:02x} ttl $n\nend',
      ['9ms alice:9 > 10.0.0.9:80 tcp SYN seq 81 mss 509 data 9 from mac 02:00:00:00:00:0a ttl 9'],
    ],
    [
      'in strings',
      'repeat 1\n  alice udp 53 "n is $n, \\$n costs $5 ${n:03}"\nend',
      ['alice udp 53 "n is 1, \\$n costs $5 001"'],
    ],
    [
      'in names',
      'for n in 1..2\n  client c$n ip 10.0.1.$n\n  c$n connect tcp 80 as a$n\n  a$n close\nend\na2 close',
      [
        'client c1 ip 10.0.1.1',
        'c1 connect tcp 80 as a1',
        'a1 close',
        'client c2 ip 10.0.1.2',
        'c2 connect tcp 80 as a2',
        'a2 close',
        'a2 close',
      ],
    ],
  ];
  for (const [title, text, expected] of cases) it(title, () => assert.deepEqual(played(`${text}\n`), expected));

  it('put their numbers into expectations too', () => {
    const script = scriptOf(`${PREAMBLE}for n in 1..2\n  alice ping\n    expect count drop $n\nend\n`);
    const counts = [...steps(script)]
      .slice(3)
      .map((step) => step.expects.map((each) => (each.type === 'count' ? each.count : null)));
    assert.deepEqual(counts, [[{ min: 1, max: 1 }], [{ min: 2, max: 2 }]]);
  });

  it('are run as they are asked for', () => {
    const script = scriptOf(`${PREAMBLE}repeat 1000000000\n  alice:\${n % 60000 + 1} > 80 tcp SYN seq $n\nend\n`);
    const run = steps(script);
    let last: Step | undefined;
    for (let i = 0; i < 20_003; i++) last = run.next().value as Step;
    assert.equal(writeStatement(last!), 'alice:20001 > 80 tcp SYN seq 20000');
  });

  it('keep the position of the line in every round', () => {
    const script = scriptOf(`${PREAMBLE}repeat 2\n  alice ping size $n\nend\n`);
    assert.deepEqual(
      [...steps(script)].slice(3).map(({ at }) => `${at.line}:${at.column}`),
      ['6:3', '6:3'],
    );
  });

  it('tell of a value that is wrong only in some rounds when it is reached', () => {
    const script = scriptOf(`${PREAMBLE}for n in 1..101\n  alice > 80 tcp SYN fragment \${(n % 100) * 8}\nend\n`);
    assert.throws(
      () => [...steps(script)],
      (error: unknown) => {
        assert.ok(error instanceof ScriptError);
        assert.match(error.message, /^a\.scn:6:31: `0` is out of range: .* \(where n = 100\)\n/);
        return true;
      },
    );
  });
});

describe('included files', () => {
  it('stand where they are included', () => {
    const files = { 'b.scn': 'alice ping size 2\ninclude c.scn\n', 'c.scn': 'alice ping size 3\n' };
    assert.deepEqual(
      played('alice ping size 1\ninclude b.scn\nalice ping size 4\n', files),
      [1, 2, 3, 4].map((n) => `alice ping size ${n}`),
    );
  });

  it('may be the host part', () => {
    const files = { 'host.scn': 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24\nclient zoe ip 10.0.0.9\n' };
    assert.deepEqual(
      [...steps(scriptOf('include host.scn\nzoe ping\n', 'a.scn', files))].map(({ type }) => type),
      ['client', 'ping'],
    );
  });

  it('may be JSON', () => {
    const files = { 'b.json': '{"format":"rxpath-scenario-1.0","statements":[{"type":"ping","client":"alice","size":5}]}' };
    assert.deepEqual(played('include b.json\n', files), ['alice ping size 5']);
  });

  const wrong: readonly [title: string, files: Readonly<Record<string, string>>, expected: string][] = [
    ['is not there', {}, 'a.scn:5:9: b.scn: there is no such file\n  include b.scn\n          ^^^^^'],
    [
      'includes itself',
      { 'b.scn': 'include b.scn\n' },
      'b.scn:1:9: a file cannot include itself: b.scn includes b.scn\n  include b.scn\n          ^^^^^',
    ],
    [
      'includes one that includes it',
      { 'b.scn': 'include c.scn\n', 'c.scn': '\n  include a.scn\n', 'a.scn': '' },
      'c.scn:2:11: a file cannot include itself: a.scn includes b.scn includes c.scn includes a.scn\n    include a.scn\n            ^^^^^',
    ],
    [
      'has something wrong in it',
      { 'b.scn': 'alice pnig\n' },
      'b.scn:1:7: `alice` cannot `pnig`\n  alice pnig\n        ^^^^\n  did you mean `ping`?',
    ],
  ];
  for (const [title, files, expected] of wrong) {
    it(`are told of when one ${title}`, () => {
      assert.throws(
        () => scriptOf(`${PREAMBLE}include b.scn\n`, 'a.scn', files),
        (error: unknown) => error instanceof ScriptError && error.message.endsWith(expected) === true,
      );
    });
  }
});

describe('expressions', () => {
  const scope = new Map([
    ['n', '7'],
    ['m', '-3'],
    ['word', 'SYN'],
  ]);
  const cases: readonly [string, string][] = [
    ['$n', '7'],
    ['a$n.b', 'a7.b'],
    ['$n$m', '7-3'],
    ['${n}ms', '7ms'],
    ['${word}x', 'SYNx'],
    ['$5 $ $$ ${n}', '$5 $ $$ 7'],
    ['${n + 1}', '8'],
    ['${ n*2+m }', '11'],
    ['${2*(n+m)}', '8'],
    ['${n/2} ${m/2} ${n%4} ${m%4}', '3 -2 3 1'],
    ['${-n}', '-7'],
    ['${0x10}', '16'],
    ['${n*2:02x} ${n:x} ${n+3:X} ${n:03} ${n*100:2d}', '0e 7 A 007 700'],
  ];
  const read = (text: string, report: Report): string => lexLine(`"${text}"`, 'a.scn', 1, scope, report).tokens[0]!.text;
  for (const [text, expected] of cases) it(text, () => assert.equal(read(text, assert.fail), expected));

  const wrong: readonly [text: string, offset: number, message: string][] = [
    ['$x', 1, 'there is no variable `$x` here'],
    ['${x}', 2, 'there is no variable `$x` here'],
    ['${n', 0, '`${` is not closed with `}`'],
    ['${}', 2, 'a number or a variable is missing'],
    ['${n+}', 4, 'a number or a variable is missing'],
    ['${n n}', 4, '`n` does not belong into an expression'],
    ['${(n}', 4, 'a `)` is missing'],
    ['${n/0}', 4, 'a division by zero'],
    ['${word+1}', 2, '`SYN` is no number'],
    ['${word:02x}', 2, '`SYN` is a word and cannot be written as a number'],
    ['${n:q}', 0, '`${n:q}` is no expression'],
    [`\${${'('.repeat(99)}`.concat('}'), 53, 'the expression is nested too deeply'],
  ];
  for (const [text, offset, message] of wrong) {
    it(`refuses ${text.slice(0, 20)}`, () => {
      assert.ok(hasVariable(text));
      const told: [message: string, offset: number][] = [];
      // columns count from 1, and the quote is the first
      read(text, (at, what) => told.push([what, at.column - 2]));
      assert.deepEqual(told[0], [message, offset]);
    });
  }
});
