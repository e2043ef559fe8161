import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cutIpv4 } from '../../../src/host/forward/forward-fragments.ts';
import { checksum } from '../../../src/wire/checksum.ts';
import { Ipv4View } from '../../../src/wire/ipv4.ts';
import { buildFrame } from '../../wire/frame-builder.ts';

function packet(length: number, more: object = {}): Uint8Array {
  const ipv4 = { source: '10.0.0.2', destination: '10.9.0.5', protocol: 17, id: 7, ...more };
  return buildFrame({ ethernet: null, ipv4, payload: Uint8Array.from({ length }, (_, i) => i & 0xff) });
}

/** Offset, length and "more" of each fragment. */
function shape(parts: readonly Uint8Array[] | null): unknown {
  return parts?.map((part) => {
    const view = new Ipv4View().at(part, 0, part.length);
    assert.equal(view.totalLength, part.length);
    assert.equal(checksum(part, 0, view.headerLength), 0);
    return [view.fragmentOffset, part.length - view.headerLength, view.moreFragments];
  });
}

describe('fragments of a forwarded packet', () => {
  it('are none where it fits', () => {
    const bytes = packet(580);
    assert.equal(cutIpv4(bytes, bytes.length, 600, null), null);
  });

  it('have multiples of eight bytes, and the last what is left', () => {
    const bytes = packet(1028);
    assert.deepEqual(shape(cutIpv4(bytes, bytes.length, 600, null)), [
      [0, 576, true],
      [576, 452, false],
    ]);
  });

  it('of a fragment go on where it began, and more follow it', () => {
    const bytes = packet(800, { fragmentOffset: 800, moreFragments: true });
    assert.deepEqual(shape(cutIpv4(bytes, bytes.length, 600, null)), [
      [800, 576, true],
      [1376, 224, true],
    ]);
  });

  it('are the former ones where all of them fit', () => {
    const bytes = packet(1008);
    assert.deepEqual(shape(cutIpv4(bytes, bytes.length, 600, [496, 0])), [
      [0, 496, true],
      [496, 512, false],
    ]);
    assert.deepEqual(shape(cutIpv4(bytes, bytes.length, 600, [0, 800])), [
      [0, 576, true],
      [576, 432, false],
    ]);
  });

  it('carry the options that are to be copied, and the first one all', () => {
    // Record route, router alert (copied), no-operation, end.
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0);
    const bytes = packet(1000, { options });
    const parts = cutIpv4(bytes, bytes.length, 600, null)!;
    assert.deepEqual([...parts[0]!.subarray(20, 32)], [...options]);
    assert.deepEqual([...parts[1]!.subarray(20, 32)], [1, 1, 1, 1, 1, 1, 1, 148, 4, 0, 0, 0]);
  });

  it('hold all of the packet, whatever its size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 68, max: 1500 }), (length, mtu) => {
        const bytes = packet(length);
        const parts = cutIpv4(bytes, bytes.length, mtu, null) ?? [bytes];
        const data = Buffer.concat(parts.map((part) => part.subarray(20)));
        assert.deepEqual(data, Buffer.from(bytes.subarray(20)));
        assert.ok(parts.every((part) => part.length <= mtu));
        shape(parts);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
