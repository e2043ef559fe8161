import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TcpFlag } from '../../../src/wire/tcp.ts';
import { Bench, CAPTURE } from './harness.ts';

const LENGTH = 200;
const stream = Uint8Array.from({ length: LENGTH }, (_, i) => i + 1);

/** Pieces of one stream, each with its true bytes, in any order, repeated and overlapping. */
const pieces = fc.array(fc.record({ at: fc.integer({ min: 0, max: LENGTH - 1 }), length: fc.integer({ min: 1, max: 60 }) }), {
  minLength: 1,
  maxLength: 60,
});

function prefixOf(given: readonly { at: number; length: number }[]): number {
  let reached = 0;
  for (let moved = true; moved; ) {
    moved = false;
    for (const { at, length } of given) {
      const end = Math.min(LENGTH, at + length);
      if (at <= reached && end > reached) {
        reached = end;
        moved = true;
      }
    }
  }
  return reached;
}

function play(bench: Bench, given: readonly { at: number; length: number }[]): void {
  let ms = 40;
  for (const { at, length } of given) {
    const data = stream.subarray(at, Math.min(LENGTH, at + length));
    bench.say(ms++, { flags: TcpFlag.ack | TcpFlag.psh, seq: 1001 + at, ack: 5001, data });
  }
}

describe('reassembly against a model', () => {
  for (const [name, options] of [
    ['a live host', {}],
    ['a live host by RFC 9293', { profile: 'rfc9293' }],
    ['a followed connection', { capture: CAPTURE }],
  ] as const) {
    for (const sack of [false, true]) {
      it(`delivers exactly the bytes without a hole before them: ${name}, ${sack ? 'SACK' : 'no SACK'}`, () => {
        fc.assert(
          fc.property(pieces, (given) => {
            const bench = new Bench(options);
            const c = bench.connect({ mss: 1460, sackPermitted: sack });
            play(bench, given);
            const reached = prefixOf(given);
            assert.deepEqual(bench.program.received, [...stream.subarray(0, reached)]);
            assert.equal(c.rcvNxt, 1001 + reached);
          }),
          { seed: 11, numRuns: 150 },
        );
      });
    }
  }

  it('tells in SACK blocks only what it holds, each block once and none below the ACK', () => {
    fc.assert(
      fc.property(pieces, (given) => {
        const bench = new Bench();
        bench.connect({ mss: 1460, sackPermitted: true });
        let ms = 40;
        const held = new Set<number>();
        for (const { at, length } of given) {
          const end = Math.min(LENGTH, at + length);
          for (let i = at; i < end; i++) held.add(1001 + i);
          bench.say(ms++, { flags: TcpFlag.ack, seq: 1001 + at, ack: 5001, data: stream.subarray(at, end) });
          for (const t of bench.trace.transmissions.slice(0, bench.trace.transmissionCount)) {
            for (let block = 0; block < t.sackCount; block++) {
              const left = t.sack[block * 2]!;
              const right = t.sack[block * 2 + 1]!;
              assert.ok(left < right);
              for (let seq = left; seq < right; seq++) assert.ok(held.has(seq), `${seq} was never sent`);
              if (block > 0) assert.ok(left > t.ack);
            }
          }
        }
      }),
      { seed: 12, numRuns: 100 },
    );
  });
});

const segment = fc.record({
  flags: fc.integer({ min: 0, max: 255 }),
  seq: fc.oneof(fc.integer({ min: 800, max: 70000 }), fc.integer({ min: 0, max: 0xffffffff })),
  ack: fc.oneof(fc.integer({ min: 4990, max: 5200 }), fc.integer({ min: 0, max: 0xffffffff })),
  window: fc.integer({ min: 0, max: 65535 }),
  urgentPointer: fc.integer({ min: 0, max: 100 }),
  length: fc.integer({ min: 0, max: 1500 }),
  wait: fc.integer({ min: 0, max: 3000 }),
  rawOptions: fc.uint8Array({ maxLength: 40 }),
  fromServer: fc.boolean(),
  act: fc.integer({ min: 0, max: 20 }),
});

describe('any segments', () => {
  for (const [name, capture] of [
    ['a live host', undefined],
    ['a capture', CAPTURE],
  ] as const) {
    it(`never throw, never move RCV.NXT back, and each gets a verdict: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(segment, { minLength: 1, maxLength: 40 }), (segments) => {
          const bench = new Bench(capture === undefined ? {} : { capture });
          const c = bench.connect({ mss: 1460, sackPermitted: true, windowScale: 7, hasTimestamps: true, tsVal: 5, tsEcr: 0 });
          let ms = 40;
          let reached = c.rcvNxt;
          let gone = false;
          for (const { length, wait, fromServer, act, ...fields } of segments) {
            ms += wait;
            const data = new Uint8Array(length);
            if (fromServer && capture !== undefined) bench.show(ms, { ...fields, data });
            else {
              bench.say(ms, { ...fields, data });
              assert.notEqual(bench.verdict, 'none');
              assert.notEqual(bench.verdict, 'pass', bench.decisions.join(' '));
            }
            if (act === 0) c.write(new Uint8Array(5000), 0, 5000);
            else if (act === 1) c.close();
            else if (act === 2) c.shutdown();
            // the object of one that is gone may serve another
            gone ||= c.slot < 0;
            if (gone) continue;
            assert.ok(((c.rcvNxt - reached) | 0) >= 0);
            reached = c.rcvNxt;
            const flying = c.packetsOut - c.sackedOut - c.lostOut + c.retransOut;
            assert.ok(flying >= 0 && c.packetsOut >= 0 && c.sackedOut >= 0 && c.lostOut >= 0 && c.retransOut >= 0, 'counters');
          }
          bench.advance(ms + 3_600_000);
        }),
        { seed: 13, numRuns: 400 },
      );
    });
  }
});
