import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Flows, Seen } from '../../../src/replay/survey/flows.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';

interface End {
  readonly address: number;
  readonly port: number;
}

function peekOf(family: number, protocol: number, from: End, to: End): Peek {
  const peek = new Peek();
  peek.family = family;
  peek.protocol = protocol;
  peek.src0 = peek.dst0 = family === 6 ? 0x2001_0db8 : 0;
  peek.src3 = from.address;
  peek.dst3 = to.address;
  peek.sourcePort = from.port;
  peek.destinationPort = to.port;
  return peek;
}

describe('flows', () => {
  const end = fc.record({
    address: fc.constantFrom(1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
    port: fc.constantFrom(0, 80, 443, 40_000, 65_535),
  });
  const packet = fc.record({
    family: fc.constantFrom(4, 6),
    protocol: fc.constantFrom(6, 17),
    from: end,
    to: end,
    bits: fc.nat(511),
  });

  it('keep the bits of each flow, whichever end speaks, as a Map does', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 400 }), (packets) => {
        const flows = new Flows();
        const model = new Map<string, number>();
        for (const { family, protocol, from, to, bits } of packets) {
          const ends = [from, to].map(({ address, port }) => address * 65_536 + port).sort((a, b) => a - b);
          const key = [family, protocol, ...ends].join();
          const peek = peekOf(family, protocol, from, to);
          assert.equal(flows.find(peek), model.get(key) ?? 0);
          const flow = flows.touch(peek);
          assert.equal(flows.isNew, (model.get(key) ?? 0) === 0);
          flows.mark(flow, bits | Seen.sentByLow);
          model.set(key, (model.get(key) ?? 0) | bits | Seen.sentByLow);
          assert.equal(flows.seen(flow), model.get(key));
        }
        assert.equal(flows.size, model.size);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('tells which end a packet came from', () => {
    const low = { address: 1, port: 9 };
    const high = { address: 0xc0a8_0001, port: 80 };
    const flows = new Flows();
    flows.find(peekOf(4, 6, low, high));
    assert.equal(flows.fromLow, true);
    flows.find(peekOf(4, 6, high, low));
    assert.equal(flows.fromLow, false);
    flows.find(peekOf(4, 6, { address: 1, port: 80 }, low));
    assert.equal(flows.fromLow, false, 'one address: the ports tell');
  });

  it('grow without losing one', () => {
    const flows = new Flows();
    const peeks = Array.from({ length: 20_000 }, (_, i) =>
      peekOf(4, 6, { address: i, port: 1 }, { address: 0xffff_0000, port: 80 }),
    );
    for (const [i, peek] of peeks.entries()) flows.mark(flows.touch(peek), 1 + (i % 255));
    for (const [i, peek] of peeks.entries()) assert.equal(flows.find(peek), 1 + (i % 255));
    assert.equal(flows.size, 20_000);
  });
});
