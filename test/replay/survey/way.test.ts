import assert from 'node:assert/strict';
import { Random } from '../../../src/host/random.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';
import { Survey } from '../../../src/replay/survey/survey.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { GET, OK, type Shot, shot, Talk, together } from '../story.ts';

function frameOf({ bytes, linkType }: Shot): Frame {
  return Object.assign(new Frame(), {
    bytes,
    end: bytes.length,
    wireLength: bytes.length,
    linkType: linkType ?? LinkType.ethernet,
  });
}

/** Conversations of many kinds at the same time. */
function crowd(): Shot[] {
  const talks = [
    new Talk().open().c('PA', GET).s('PA', OK).c('FA').s('FA').c('A'),
    new Talk('10.0.0.3', '10.0.0.1', [40_001, 80]).open().c('PA', GET).s('PA', OK).c('R'),
    new Talk('10.0.0.2', '10.0.0.1', [40_002, 80]).c('S', '', { mss: 1460 }).s('SA').c('A').c('PA', GET).c('PA', 'more'),
    new Talk('10.0.0.2', '10.0.0.1', [40_003, 80])
      .open()
      .c('PA', GET, { macs: { source: '02:00:00:00:00:09' } })
      .c('A')
      .c('A'),
    new Talk('10.0.0.2', '10.0.0.1', [40_004, 80]).open().c('PA', GET, { macs: { destination: '01:00:5e:00:00:01' } }),
    new Talk('200.0.0.2', '10.0.0.1', [40_005, 80]).open().c('PA', GET).c('PA', GET),
    new Talk('fd00::2', 'fd00::1').open().c('PA', GET).s('PA', OK),
    new Talk('10.0.0.2', '10.0.0.1', [40_006, 80], LinkType.raw).open(),
  ];
  const others = [
    shot({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, udp: { sourcePort: 5, destinationPort: 53 }, payload: 'x' }, 5),
    shot({ ipv4: { source: '10.0.0.2', destination: '10.0.0.1' }, icmp: { type: 8, code: 0, payload: new Uint8Array(4) } }, 15),
  ];
  return together(...talks, { shots: others });
}

/** Some frames with one of the bytes changed that a way goes by, or cut. */
function damaged(shots: readonly Shot[], random: Random): Shot[] {
  return shots.map((each) => {
    const kind = random.next() & 7;
    if (kind > 2) return each;
    const bytes = kind === 0 ? each.bytes.slice(0, random.next() % each.bytes.length) : each.bytes.slice();
    if (kind > 0) bytes[random.next() % 50] = random.next() & 0xff;
    return { ...each, bytes };
  });
}

function rounds(): Shot[][] {
  const random = new Random(7);
  return Array.from({ length: 60 }, () => damaged([...crowd(), ...crowd()], random));
}

/** Votes for MACs, segments and those to groups by address, each frame looked at by itself. */
function counted(shots: readonly Shot[]): Map<string, Record<string, number>> {
  const all = new Map<string, Record<string, number>>();
  const of = (words: readonly number[]): Record<string, number> => {
    const key = words.join();
    all.set(key, all.get(key) ?? { segments: 0, grouped: 0 });
    return all.get(key)!;
  };
  for (const each of shots) {
    const peek = new Peek();
    peek.look(frameOf(each));
    if (peek.family === 0 || !peek.hasMacs || peek.etherType === 0x0806) continue;
    const isGroup = (peek.destinationMacHigh & 0x0100) !== 0;
    const source = of([peek.src0, peek.src1, peek.src2, peek.src3]);
    const from = `${peek.sourceMacHigh * 2 ** 32 + peek.sourceMacLow}`;
    source[from] = (source[from] ?? 0) + 1;
    if (isGroup && peek.protocol !== 6) continue;
    const destination = of([peek.dst0, peek.dst1, peek.dst2, peek.dst3]);
    const to = `${peek.destinationMacHigh * 2 ** 32 + peek.destinationMacLow}`;
    destination[to] = (destination[to] ?? 0) + 1;
    if (peek.protocol !== 6) continue;
    destination.segments!++;
    if (isGroup) destination.grouped!++;
  }
  return all;
}

describe('ways of segments', () => {
  it('read of a frame what looking at it by itself reads', () => {
    let taken = 0;
    for (const shots of rounds()) {
      const peek = new Peek();
      for (const each of shots) {
        const frame = frameOf(each);
        if (!peek.again(frame)) {
          peek.look(frame);
          continue;
        }
        taken++;
        const alone = new Peek();
        alone.look(frame);
        assert.deepEqual({ ...peek, icmpType: 0 }, { ...alone });
      }
    }
    assert.ok(taken > 300, `${taken}`);
  });

  it('count as many votes as there are frames', () => {
    for (const shots of rounds()) {
      const survey = new Survey();
      for (const each of shots) survey.look(frameOf(each));
      survey.finish();
      const found = new Map<string, Record<string, number>>();
      for (const { words, macs, segments, grouped } of survey.candidates.all) {
        if (macs.size > 0) found.set(words.join(), { segments, grouped, ...Object.fromEntries(macs) });
      }
      assert.deepEqual(found, counted(shots));
    }
  });
});
