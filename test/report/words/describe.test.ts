import assert from 'node:assert/strict';
import { describe as described } from '../../../src/report/words/describe.ts';
import { Facts } from '../../../src/trace/facts.ts';
import type { FrameRecord } from '../../../src/trace/run.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';

const IPV4 = { source: '10.0.0.2', destination: '10.0.0.9' };
const IPV6 = { source: 'fd00::2', destination: 'fd00::9' };

/** The transport that a line tells of, where the host has read so much. */
function told(fields: FrameFields, read: Partial<Facts>): string {
  const bytes = buildFrame({ ethernet: {}, ...fields });
  const frame = { bytes, start: 0, end: bytes.length, linkType: LinkType.ethernet } as unknown as FrameRecord;
  const f = described(frame, Object.assign(new Facts(), read));
  if (!f.hasTransport) return f.fragId < 0 ? `${f.protocol}` : `${f.protocol} frag ${f.fragOffset}+${f.fragLength}`;
  return f.protocol === 1 ? `1 type ${f.icmpType}` : `${f.protocol} ${f.sourcePort}>${f.destinationPort}`;
}

describe('what is told of a frame whose climb ended early', () => {
  const cases: [name: string, fields: FrameFields, read: Partial<Facts>, expected: string][] = [
    ['at the card', { ipv4: IPV4, udp: { sourcePort: 5, destinationPort: 6 } }, {}, '17 5>6'],
    ['at its IP header: UDP', { ipv4: IPV4, udp: { sourcePort: 5, destinationPort: 6 } }, { family: 4, protocol: 17 }, '17 5>6'],
    ['at its IP header: ICMP', { ipv4: IPV4, icmp: { type: 8 } }, { family: 4, protocol: 1 }, '1 type 8'],
    [
      'at its IP header: what has no ports',
      { ipv4: { ...IPV4, protocol: 50 }, payload: 'esp' },
      { family: 4, protocol: 50 },
      '50',
    ],
    [
      'as a fragment',
      { ipv4: IPV4, udp: { sourcePort: 5, destinationPort: 6 } },
      { family: 4, protocol: 17, fragLength: 8 },
      '17',
    ],
    ['at its IPv6 header: TCP', { ipv6: IPV6, tcp: { sourcePort: 5, destinationPort: 6 } }, { family: 6, protocol: 6 }, '6 5>6'],
    [
      'at the card, behind IPv6 options',
      {
        ipv6: { ...IPV6, nextHeader: 0, extensions: Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0) },
        udp: { sourcePort: 5, destinationPort: 6 },
      },
      {},
      '17 5>6',
    ],
    [
      'among its extension headers',
      { ipv6: { ...IPV6, nextHeader: 44, extensions: Uint8Array.of(17, 0, 0, 9, 0, 0, 0, 1) }, payload: 'x'.repeat(16) },
      { family: 6, protocol: 44 },
      '17 frag 8+16',
    ],
  ];
  for (const [name, fields, read, expected] of cases) it(name, () => assert.equal(told(fields, read), expected));
});
