import assert from 'node:assert/strict';
import { D } from '../../../src/trace/catalogue.ts';
import { answer, delivered, noSocket, report } from '../story.ts';

const STORY = [
  {
    ...delivered,
    after(trace: Parameters<NonNullable<typeof noSocket.after>>[0]) {
      const sent = trace.transmit(D.udp_reply);
      Object.assign(sent, {
        protocol: 17,
        src3: 0x0a000001,
        dst3: 0x0a000002,
        sourcePort: 53,
        destinationPort: 5000,
        payloadEnd: 90,
      });
    },
  },
  answer,
  noSocket,
];

function drawn(command: string): string[] {
  return report(STORY, { views: ['ladder'] }, {}, { command })
    .split('\n')
    .slice(3, -4);
}

describe('ladder', () => {
  it('draws the frames of the captured server, and not what our host would have sent', () => {
    assert.deepEqual(drawn('analyze'), [
      '      10.0.0.2:5000                                   10.0.0.1:53',
      '   0.000000 │── UDP length 30 ────────────────────────────▶│ #1 deliver',
      '   0.001500 │◀── UDP length 90 ────────────────────────────│ #2',
      '',
      '      10.0.0.2:5000                                   10.0.0.1:9',
      '   0.003000 │── UDP length 30 ────────────────────────────✗│ #3 udp: no_socket',
    ]);
  });

  it('draws what our host sends where it is on the wire, with its reason; an error in the conversation that it is about', () => {
    assert.deepEqual(drawn('run'), [
      '      10.0.0.2:5000                                   10.0.0.1:53',
      '   0.000000 │── UDP length 30 ────────────────────────────▶│ #1 deliver',
      '   0.000000 │◀── UDP length 90 ────────────────────────────│ udp_reply',
      '   0.001500 │◀── UDP length 90 ────────────────────────────│ #2',
      '',
      '      10.0.0.2:5000                                   10.0.0.1:9',
      '   0.003000 │── UDP length 30 ────────────────────────────✗│ #3 udp: no_socket',
      '   0.003000 │◀── ICMP port unreachable length 58 ──────────│ icmp_port_unreachable',
    ]);
  });
});
