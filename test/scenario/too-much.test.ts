import assert from 'node:assert/strict';
import { play } from './play.ts';
import { PREAMBLE, problemsOf, statementOf } from './script-of.ts';

function nested(loops: number): string {
  return `${PREAMBLE}${'repeat 2\n'.repeat(loops)}alice ping\n${'end\n'.repeat(loops)}`;
}

describe('a script that asks for too much', () => {
  it('has loops in loops up to a depth', () => {
    assert.equal(problemsOf(nested(12)), '');
    assert.equal(
      problemsOf(nested(5000)),
      'a.scn:17:1: loops are nested too deeply: there may be 12 in one another\n  repeat 2\n  ^^^^^^^^',
    );
  });

  for (const protocol of ['tcp', 'udp', 'icmp echo', 'ip 132', 'ether 0x88b5'])
    it(`is told so where ${protocol} cannot hold its data`, async () => {
      await assert.rejects(play(`${PREAMBLE}alice > ${protocol.replace(/^(tcp|udp)/, '80 $1')} data 70000\n`), (error: Error) => {
        assert.match(error.message, /:5:1: 70000 bytes of data are more than any packet holds: 65535 at most\n/);
        return true;
      });
    });
});

describe('data in a script', () => {
  it('may be called data wherever it stands', () => {
    const body = (line: string): unknown => (statementOf(line, 'alice connect tcp 80 as a\n') as { body?: unknown }).body;
    assert.deepEqual(body('a request POST / body data 300'), { type: 'fill', length: 300 });
    assert.deepEqual(body('a request POST / body data 300'), body('a request POST / body 300'));
  });
});
