import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parseScript } from '../../../src/scenario/parser.ts';
import { formatScript } from '../../../src/scenario/script/format.ts';

function formatted(text: string): string {
  return formatScript(parseScript(text, 'x.scn'));
}

/** Before and after, with lines between bars so that blanks are seen. */
const CASES: readonly [title: string, before: string, after: string][] = [
  ['nothing', '', ''],
  ['a comment only', '\n\n#   hello\n#\n\n', '# hello\n#\n'],
  [
    'one spelling',
    'NEIGHBOR 10.0.0.9 lladdr 02-00-00-00-00-0A\nsleep 90000ms\n',
    'neighbour 10.0.0.9 mac 02:00:00:00:00:0a\nwait 90s\n',
  ],
  [
    'stations in columns',
    'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ring 8\nclient alice mac 02:00:00:00:00:0a ip 10.0.0.10\nclient bo  mac 02:00:00:00:00:0b ip 10.0.0.11 ttl 3\n',
    'server eth0  mac 02:00:00:00:00:01 ip 10.0.0.1/24 ring 8\nclient alice mac 02:00:00:00:00:0a ip 10.0.0.10\nclient bo    mac 02:00:00:00:00:0b ip 10.0.0.11   ttl 3\n',
  ],
  [
    'columns end where lines differ',
    'listen tcp 80 backlog 4\nlisten tcp 8080 program echo\nlisten udp 53\n',
    'listen tcp 80   backlog 4\nlisten tcp 8080 program echo\nlisten udp 53\n',
  ],
  [
    'comments below each other',
    'wait 1s # a\nwait 1000s# not a comment\n'.replace('# not a comment', '   #b'),
    'wait 1s     # a\nwait 1000s  # b\n',
  ],
  ['blank lines: one where there were many, none at the ends', '\n\nwait 1s\n\n\n\nwait 2s\n\n\n', 'wait 1s\n\nwait 2s\n'],
  [
    'indentation',
    'alice ping\n\texpect deliver\n        expect no reply\nrepeat 3\nalice ping\n    expect deliver\n# inside\nend # all\nexpect count drop 0\n',
    'alice ping\n  expect deliver\n  expect no reply\nrepeat 3\n  alice ping\n    expect deliver\n  # inside\nend  # all\nexpect count drop 0\n',
  ],
  ['the order in which it was written', 'bob > 80 tcp SYN ttl 3 mss 5 "x" vlan 2\n', 'bob > 80 tcp SYN ttl 3 mss 5 "x" vlan 2\n'],
  [
    'what can be left away',
    'sysctl net.ipv4.ip_forward = 1\nalice send data "x"\n',
    'sysctl net.ipv4.ip_forward 1\nalice send "x"\n',
  ],
  [
    'bytes that are no text in hex',
    'alice send "\\x00\\x01\\x02\\x03\\xff\\xfe"\nalice send "GET \\xff"\n',
    'alice send hex 00010203fffe\nalice send "GET \\xff"\n',
  ],
  ['frames with their headers apart', 'hex 020000000001\t02000000000b88b5dead\n', 'hex 020000000001 02000000000b 88b5 dead\n'],
  [
    'variables as they were written',
    'for n in 1..3 step 1\nend\nfor n in 1..9\nc$n   send "a$n"   \nend\n',
    'for n in 1..3\nend\nfor n in 1..9\n  c$n send "a$n"\nend\n',
  ],
  ['comments that are signs', '#!/usr/bin/env rxpath\n## heading\n#text\n', '#!/usr/bin/env rxpath\n## heading\n# text\n'],
  ['lines of other systems', '\ufeffwait 1s\r\nwait 2s\r\n', 'wait 1s\nwait 2s\n'],
  ['names that need quotes', 'site "a b"\ninclude "x#y.scn"\nreplay "z.pcap"\n', 'site "a b"\ninclude x#y.scn\nreplay z.pcap\n'],
];

describe('the formatter', () => {
  for (const [title, before, after] of CASES) {
    it(title, () => {
      assert.equal(formatted(before), after);
      assert.equal(formatted(after), after);
    });
  }

  it('leaves the shipped scenarios meaning what they mean', () => {
    const folder = new URL('../../../fixtures/scenarios/', import.meta.url);
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.scn'))) {
      const once = formatted(readFileSync(new URL(name, folder), 'utf8'));
      assert.equal(formatted(once), once, name);
    }
  });
});
