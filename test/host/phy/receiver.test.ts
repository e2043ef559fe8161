import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SAMPLES_PER_BIT } from '../../../src/host/phy/line.ts';
import { Received, Receiver } from '../../../src/host/phy/receiver.ts';
import { type LineConditions, transmitSignal } from '../../../src/host/phy/transmitter.ts';

const receiver = new Receiver();

function octets(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((i + 1) * 167 + seed * 59 + (i >> 3)) & 0xff);
}

/** What is read of a frame that was sent so: null where no frame was found. */
function passed(bytes: Uint8Array, conditions: LineConditions): Uint8Array | null {
  const received = receiver.receive(transmitSignal(bytes, 0, bytes.length, conditions));
  return received === Received.frame ? receiver.bytes.slice(0, receiver.length) : null;
}

/** Wrong bits in percent, in frames whose beginning and end were found where they are. */
function errorRate(noise: number): number {
  const bytes = octets(200);
  let bits = 0;
  let wrong = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const read = passed(bytes, { noise, seed });
    if (read === null || read.length !== bytes.length) continue;
    let here = 0;
    for (const [i, octet] of read.entries()) for (let x = octet ^ bytes[i]!; x > 0; x &= x - 1) here++;
    // Half of all bits are wrong where the frame was taken to begin elsewhere.
    if (here > bytes.length) continue;
    bits += bytes.length * 8;
    wrong += here;
  }
  return (100 * wrong) / bits;
}

describe('receiver', () => {
  it('reads every length of a clean signal', () => {
    for (let length = 0; length <= 1530; length += length < 80 ? 1 : 47) {
      const bytes = octets(length);
      assert.deepEqual(passed(bytes, { seed: length }), bytes, `${length} octets`);
      assert.equal(receiver.dribble, 0);
      assert.equal(receiver.reading.violationCount, 0);
    }
  });

  it('reads any octets, whatever the phase', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(), (bytes, seed) => {
        assert.deepEqual(passed(bytes, { seed }), bytes);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('follows clocks that are 100 ppm apart and more', () => {
    for (const drift of [-200, -100, -50, 50, 100, 200]) {
      const bytes = octets(1518);
      assert.deepEqual(passed(bytes, { drift, seed: 3 }), bytes, `${drift} ppm`);
      assert.ok(Math.abs(receiver.reading.drift - drift) < 20, `${receiver.reading.drift} for ${drift} ppm`);
    }
  });

  it('reads through moderate noise', () => {
    for (const noise of [0.1, 0.2, 0.3]) {
      const bytes = octets(400);
      for (let seed = 1; seed <= 20; seed++) assert.deepEqual(passed(bytes, { noise, seed, drift: 80 }), bytes);
    }
  });

  it('makes more errors the more noise there is', () => {
    const rates = [0, 0.4, 0.6, 0.8, 1, 1.3].map(errorRate);
    assert.deepEqual(
      [...rates].sort((a, b) => a - b),
      rates,
      rates.join(),
    );
    const [none, , , some, more, most] = rates as [number, number, number, number, number, number];
    assert.equal(none, 0);
    assert.ok(some > 0.05 && some < 1, String(some));
    assert.ok(more > 0.5 && most > 2, rates.join());
  });

  it('hears nothing in silence, and little in noise alone', () => {
    assert.equal(receiver.receive({ samples: new Float32Array(2000), samplesPerBit: SAMPLES_PER_BIT }), Received.silence);
    assert.equal(receiver.reading.foundAt, -1);
    assert.equal(receiver.receive({ samples: new Float32Array(0), samplesPerBit: SAMPLES_PER_BIT }), Received.silence);
  });

  it('needs a signal of some strength: none is heard, or found without a lock, when too little is left of it', () => {
    const heard = [0.2, 0.5, 0.7].map((amplitude) => receiver.receive(transmitSignal(octets(60), 0, 60, { amplitude })));
    assert.deepEqual(heard, [Received.silence, Received.noLock, Received.frame]);
  });

  it('finds a signal without a preamble, and does not lock to it', () => {
    const samples = Float32Array.from({ length: 4000 }, (_, i) => Math.sin((2 * Math.PI * i) / 13));
    assert.equal(receiver.receive({ samples, samplesPerBit: SAMPLES_PER_BIT }), Received.noLock);
  });

  const cuts: readonly (readonly [string, number, number])[] = [
    ['in the preamble', 40, Received.short],
    ['in the delimiter', 62, Received.short],
    ['behind the delimiter', 64 + 16 + 5, Received.frame],
  ];
  for (const [what, bits, received] of cuts) {
    it(`meets a carrier that ends ${what}`, () => {
      const { samples, samplesPerBit } = transmitSignal(octets(100), 0, 100);
      const cut = samples.slice();
      cut.fill(0, (4 + bits) * samplesPerBit);
      assert.equal(receiver.receive({ samples: cut, samplesPerBit }), received);
      if (received === Received.frame) assert.deepEqual([receiver.length, receiver.dribble], [2, 5]);
    });
  }

  it('loses a frame whose delimiter the line has changed', () => {
    const { samples, samplesPerBit } = transmitSignal(new Uint8Array(100), 0, 100);
    const bent = samples.slice();
    for (let i = (4 + 62) * samplesPerBit; i < (4 + 63) * samplesPerBit; i++) bent[i] = -bent[i]!;
    assert.equal(receiver.receive({ samples: bent, samplesPerBit }), Received.sfdLost);
  });

  it('counts bits without a transition, and decides them all the same', () => {
    const bytes = octets(64);
    const { samples, samplesPerBit } = transmitSignal(bytes, 0, bytes.length);
    const bent = samples.slice();
    const from = Math.round((4 + 64 + 100) * samplesPerBit);
    bent.fill(0.05, from + 1, from + samplesPerBit);
    assert.equal(receiver.receive({ samples: bent, samplesPerBit }), Received.frame);
    assert.equal(receiver.reading.violationCount, 1);
    assert.equal(receiver.length, 64);
  });

  it('tells bits behind the last octet', () => {
    for (const dribble of [1, 4, 7]) {
      const bytes = octets(80);
      assert.deepEqual(passed(bytes, { dribble }), bytes);
      assert.equal(receiver.dribble, dribble);
    }
  });

  it('gives the same for the same seed, and another for another', () => {
    const signal = (seed: number) => transmitSignal(octets(20), 0, 20, { noise: 1, seed }).samples;
    assert.deepEqual(signal(5), signal(5));
    assert.notDeepEqual(signal(5), signal(6));
  });

  it('never fails on any samples', () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 3000, min: -3, max: 3, noNaN: true }), (samples) => {
        const received = receiver.receive({ samples, samplesPerBit: SAMPLES_PER_BIT });
        assert.ok(received >= Received.frame && received <= Received.short);
      }),
      { seed: 11, numRuns: 100 },
    );
  });
});
