import assert from 'node:assert/strict';
import { tame, wrap } from '../../src/report/words/layout.ts';
import { answer, badFcs, delivered, noSocket, report } from './story.ts';

function terminal(columns: number) {
  return { env: { NO_COLOR: '1' }, stream: { isTTY: true, columns } };
}

describe('on a narrow terminal', () => {
  it('a frame has its addresses in one line and the rest below its arrow; nothing is lost', () => {
    assert.deepEqual(
      report([delivered, answer, noSocket, badFcs], { views: ['frames'], ...terminal(80) })
        .split('\n')
        .slice(4, -4),
      [
        '    1   0.000000 → ● deliver socket 10.0.0.2:5000 > 10.0.0.1:53  UDP length 30',
        '    2   0.001500 ← · observe udp    10.0.0.1:53 > 10.0.0.2:5000  UDP length 90',
        '    3   0.003000 → ✗ drop    udp    10.0.0.2:5000 > 10.0.0.1:9         no_socket',
        '                   UDP length 30',
        '                   ✗ No socket is bound to port 9.',
        '                   ↳ ICMP port unreachable length 58       icmp_port_unreachable',
        '                   ≠ #3 missing_reply: our host: ICMP port unreachable;',
        '                     captured: nothing',
        '    4   0.004500 → ✗ drop    nic    00:00:00:00:00:00 > 00:00:00:00:…  fcs_error',
        '                   LLC length 0',
        '                   ✗ FCS 0x12345678 is wrong: computed 0x9abcdef0.',
      ],
    );
  });

  it('the bars of the climb are shorter', () => {
    const many = Array.from({ length: 200 }, (_, i) => (i % 3 === 0 ? noSocket : delivered));
    assert.deepEqual(
      report(many, { views: ['climb'], ...terminal(56) })
        .split('\n')
        .slice(7, -5),
      [
        'socket  133  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒           ● 133 deliver',
        'udp     200  ███████████████████✗✗✗✗✗✗✗✗✗  ✗ 67 drop',
        'ip      200  ████████████████████████████',
        'driver  200  ████████████████████████████',
        'nic     200  ████████████████████████████',
        '             █ climbs on   ▒ ends here   ✗ drop',
      ],
    );
  });

  it('the arrows of the ladder are shorter, all alike', () => {
    assert.deepEqual(
      report([delivered, answer, noSocket], { views: ['ladder'], ...terminal(60) }, {}, { command: 'run' })
        .split('\n')
        .slice(6, 12),
      [
        '      10.0.0.2:5000                   10.0.0.1:53',
        '   0.000000 │── UDP length 30 ────────────▶│ #1 deliver',
        '   0.001500 │◀── UDP length 90 ────────────│ #2',
        '',
        '      10.0.0.2:5000                   10.0.0.1:9',
        '   0.003000 │── UDP length 30 ────────────✗│ #3 udp: no_socket',
      ],
    );
  });

  it('Chinese punctuation stays with what it follows', () => {
    assert.deepEqual(wrap('丢弃 unhandled_proto；没有分歧（完）', 20), ['丢弃', 'unhandled_proto；没', '有分歧（完）']);
  });
});

describe('text of others', () => {
  it('does not turn the order of what stands beside it', () => {
    assert.equal(tame('/a\u202egpj.exe\u2066 b'), '/a\\u202egpj.exe\\u2066 b');
  });
});
