import assert from 'node:assert/strict';
import { sentenceAt } from '../../../src/report/words/words.ts';
import { play } from '../play.ts';

describe('what is kept of a frame for a failed expectation', () => {
  it('has the texts that its decisions speak of', async () => {
    const { outcomes } = await play(`server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24
client alice ip 10.0.0.10
firewall accept tcp port 1000-2000
alice > 1500 tcp SYN
  expect deliver
`);
    const trace = outcomes[0]!.trace!;
    const said = Array.from({ length: trace.length }, (_, i) => sentenceAt(trace, i));
    assert.ok(said.includes('Firewall rule 1 lets the packet pass: firewall accept tcp port 1000-2000.'), said.join('\n'));
  });
});
