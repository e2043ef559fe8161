import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AddressPlan, Substitute } from '../../../src/replay/rewrite/address-plan.ts';
import { Rewriter } from '../../../src/replay/rewrite/rewriter.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';
import { parseIp } from '../../../src/wire/address.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { buildFrame, type FrameFields } from '../../wire/frame-builder.ts';

function substitute(from: string, to: string): Substitute {
  const [a, b] = [parseIp(from)!, parseIp(to)!];
  return { family: a.family === 6 ? 6 : 4, from: [a.w0, a.w1, a.w2, a.w3], to: [b.w0, b.w1, b.w2, b.w3] };
}

const PLAN: AddressPlan = {
  servers: [substitute('10.0.0.1', '192.168.7.7'), substitute('fd00::1', '2001:db8::77')],
  clients: [],
  macs: [{ high: 0x0200, low: 1 }],
  addresses: [],
  mac: { high: 0x0200, low: 0x77 },
};
const NEW_MAC = '02:00:00:00:00:77';

/** The frame as our host gets it; `ack`: given to the segment. */
function rewrite(
  bytes: Uint8Array,
  change: Partial<Frame> & { ack?: number } = {},
  plan = PLAN,
): { bytes: Uint8Array; rewriter: Rewriter } {
  const { ack, ...fields } = change;
  const frame = Object.assign(new Frame(), { bytes, start: 0, end: bytes.length, wireLength: bytes.length, ...fields });
  const rewriter = new Rewriter(plan, () => false);
  const peek = new Peek();
  peek.look(frame);
  rewriter.take(frame, peek);
  if (ack !== undefined) rewriter.ack = ack;
  rewriter.finish();
  return { bytes: rewriter.frame.bytes.slice(rewriter.frame.start, rewriter.frame.end), rewriter };
}

const from4 = { source: '10.0.0.2', destination: '10.0.0.1' };
const to4 = { source: '10.0.0.2', destination: '192.168.7.7' };
const from6 = { source: 'fd00::2', destination: 'fd00::1' };
const to6 = { source: 'fd00::2', destination: '2001:db8::77' };
const tcp = { sourcePort: 40_000, destinationPort: 80, seq: 7, ack: 9, flags: 16 };
const udp = { sourcePort: 40_000, destinationPort: 53 };
const mac = { ethernet: { destination: NEW_MAC } };

describe('frames of a capture for our host', () => {
  it('keep what the capture says of them', () => {
    const said = { time: 5, number: 7, direction: 1, linkErrors: 0x100, comments: ['a remark'] };
    const { time, number, direction, linkErrors, comments } = rewrite(buildFrame({ ipv4: from4, tcp }), said).rewriter.frame;
    assert.deepEqual({ time, number, direction, linkErrors, comments }, said);
  });

  const cases: [name: string, before: FrameFields, after: FrameFields][] = [
    ['TCP', { ipv4: from4, tcp, payload: 'odd' }, { ...mac, ipv4: to4, tcp, payload: 'odd' }],
    ['TCP over IPv6', { ipv6: from6, tcp, payload: 'x' }, { ...mac, ipv6: to6, tcp, payload: 'x' }],
    ['UDP', { ipv4: from4, udp, payload: 'x' }, { ...mac, ipv4: to4, udp, payload: 'x' }],
    [
      'UDP without a checksum',
      { ipv4: from4, udp: { ...udp, checksum: 0 } },
      { ...mac, ipv4: to4, udp: { ...udp, checksum: 0 } },
    ],
    ['UDP over IPv6', { ipv6: from6, udp, payload: 'x' }, { ...mac, ipv6: to6, udp, payload: 'x' }],
    ['ICMP', { ipv4: from4, icmp: { type: 8 }, payload: 'x' }, { ...mac, ipv4: to4, icmp: { type: 8 }, payload: 'x' }],
    ['ICMPv6', { ipv6: from6, icmpv6: { type: 128 }, payload: 'x' }, { ...mac, ipv6: to6, icmpv6: { type: 128 }, payload: 'x' }],
    [
      'ARP',
      { arp: { senderIp: '10.0.0.2', targetIp: '10.0.0.1' } },
      { ...mac, arp: { senderIp: '10.0.0.2', targetIp: '192.168.7.7' } },
    ],
    ['a VLAN tag', { vlan: [{ id: 5 }], ipv4: from4, tcp }, { ...mac, vlan: [{ id: 5 }], ipv4: to4, tcp }],
    ['an FCS', { ipv4: from4, tcp, fcs: true }, { ...mac, ipv4: to4, tcp, fcs: true }],
    [
      'what is for somebody else stays',
      { ethernet: { destination: '02:00:00:00:00:55' }, ipv4: { source: '10.0.0.2', destination: '10.0.0.9' }, tcp },
      { ethernet: { destination: '02:00:00:00:00:55' }, ipv4: { source: '10.0.0.2', destination: '10.0.0.9' }, tcp },
    ],
  ];
  for (const [name, before, after] of cases)
    it(`${name}: as if it had been made for us`, () => {
      const fcs = before.fcs === true ? { fcsLength: 4 } : {};
      assert.deepEqual(rewrite(buildFrame(before), fcs).bytes, buildFrame(after));
    });

  it('a packet that an ICMP error quotes', () => {
    const quoted = (ip: { source: string; destination: string }): Uint8Array =>
      buildFrame({ ethernet: null, ipv4: ip, tcp: { ...tcp, checksum: 0x1111 } });
    const error = (ip: typeof from4, quote: Uint8Array): FrameFields => ({
      ipv4: ip,
      icmp: { type: 3, code: 3 },
      payload: quote,
    });
    assert.deepEqual(
      rewrite(buildFrame(error(from4, quoted({ source: '10.0.0.1', destination: '10.0.0.2' })))).bytes,
      buildFrame({ ...mac, ...error(to4, quoted({ source: '192.168.7.7', destination: '10.0.0.2' })) }),
    );
  });

  it('a neighbour solicitation, with its group', () => {
    const target = (text: string): Uint8Array => {
      const { w0, w1, w2, w3 } = parseIp(text)!;
      return Uint8Array.from(
        [w0, w1, w2, w3].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]),
      );
    };
    const ask = (address: string, group: string, groupMac: string): Uint8Array =>
      buildFrame({
        ethernet: { destination: groupMac },
        ipv6: { source: 'fd00::2', destination: group },
        icmpv6: { type: 135 },
        payload: target(address),
      });
    assert.deepEqual(
      rewrite(ask('fd00::1', 'ff02::1:ff00:1', '33:33:ff:00:00:01')).bytes,
      ask('2001:db8::77', 'ff02::1:ff00:77', '33:33:ff:00:00:77'),
    );
  });

  it('a wrong checksum stays as wrong as it was, a right one right, whatever is changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ipv4', 'ipv6'),
        fc.constantFrom('tcp', 'udp', 'icmp'),
        fc.uint8Array({ maxLength: 60 }),
        fc.nat(0xffff),
        fc.nat(0xffff_ffff),
        (ip, protocol, payload, error, ack) => {
          const upper =
            protocol === 'tcp'
              ? { tcp }
              : protocol === 'udp'
                ? { udp }
                : ip === 'ipv4'
                  ? { icmp: { type: 8 } }
                  : { icmpv6: { type: 128 } };
          const network = ip === 'ipv4' ? { ipv4: from4 } : { ipv6: from6 };
          const expected = ip === 'ipv4' ? { ipv4: to4 } : { ipv6: to6 };
          const given = { ...network, ...upper, payload };
          const field = 14 + (ip === 'ipv4' ? 20 : 40) + (protocol === 'tcp' ? 16 : protocol === 'udp' ? 6 : 2);
          const bytes = buildFrame(given);
          const right = buildFrame({ ...mac, ...expected, ...(protocol === 'tcp' ? { tcp: { ...tcp, ack } } : upper), payload });
          const distort = (frame: Uint8Array): number => ((frame[field]! << 8) | frame[field + 1]!) + error;
          const wrong = distort(bytes) % 0xffff;
          bytes[field] = wrong >> 8;
          bytes[field + 1] = wrong & 255;
          if (protocol === 'udp' && wrong === 0) return;
          const out = rewrite(bytes, protocol === 'tcp' ? { ack } : {}).bytes;
          const found = (out[field]! << 8) | out[field + 1]!;
          const isPartial = found === ((right[field]! << 8) | right[field + 1]!) && error % 0xffff !== 0;
          // a sum that a card was to finish is finished
          if (!isPartial) assert.equal(found % 0xffff, distort(right) % 0xffff);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it('never throws, whatever the bytes are', () => {
    const links = Object.values(LinkType) as number[];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(...links), fc.nat(200), (bytes, linkType, more) => {
        const frame = rewrite(bytes, { linkType, wireLength: bytes.length + more }).rewriter.frame;
        assert.ok(frame.end >= frame.start && frame.end <= frame.bytes.length);
      }),
      { seed: 3, numRuns: 3000 },
    );
  });

  it('never throws on frames that are nearly right', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FrameFields>(
          { ipv4: from4, tcp },
          { ipv6: from6, tcp },
          { ipv4: from4, icmp: { type: 3 } },
          { ipv6: from6, icmpv6: { type: 135 } },
          { ipv4: from4, udp },
        ),
        fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 4 }),
        fc.nat(80),
        (fields, flips, cut) => {
          const bytes = buildFrame(fields);
          for (const [at, value] of flips) if (at >= 12 && at < bytes.length) bytes[at] = value;
          rewrite(bytes.slice(0, Math.max(0, bytes.length - cut)), { wireLength: bytes.length });
        },
      ),
      { seed: 5, numRuns: 3000 },
    );
  });
});
