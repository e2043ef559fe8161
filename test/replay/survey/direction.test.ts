import assert from 'node:assert/strict';
import { DirectionByAddress, DirectionByFlow } from '../../../src/replay/survey/direction.ts';
import { Peek } from '../../../src/replay/survey/peek.ts';
import { Survey } from '../../../src/replay/survey/survey.ts';
import { Frame } from '../../../src/wire/frame.ts';
import { LinkType } from '../../../src/wire/link.ts';
import { buildFrame } from '../../wire/frame-builder.ts';
import { GET, host, OK, type Shot, shot, Talk, tell, together } from '../story.ts';

const MAC = { high: 0x0200, low: 1 };

function frameOf({ bytes, linkType }: Shot): Frame {
  return Object.assign(new Frame(), {
    bytes,
    end: bytes.length,
    wireLength: bytes.length,
    linkType: linkType ?? LinkType.ethernet,
  });
}

/** `in` and `out` for each frame. */
function directions(by: { isInbound(peek: Peek, frame: Frame): boolean }, shots: readonly Shot[]): string {
  const peek = new Peek();
  return shots
    .map((each) => {
      const frame = frameOf(each);
      peek.look(frame);
      return by.isInbound(peek, frame) ? 'in' : 'out';
    })
    .join(' ');
}

function surveyOf(shots: readonly Shot[]): Survey {
  const survey = new Survey();
  for (const each of shots) survey.look(frameOf(each));
  survey.finish();
  return survey;
}

describe('direction of frames', () => {
  const open = new Talk().open().s('PA', OK).shots;

  it('by the host’s addresses', () => {
    assert.equal(directions(new DirectionByAddress([host('10.0.0.1')], [MAC], null), open), 'in out in out');
    assert.equal(directions(new DirectionByAddress([host('10.0.0.2')], [MAC], null), open), 'out in out in');
  });

  it('by MAC where neither end is the host', () => {
    assert.equal(directions(new DirectionByAddress([host('10.9.9.9')], [MAC], null), open), 'in out in out');
    const others = [
      shot({
        ethernet: { source: '02:00:00:00:00:07', destination: '02:00:00:00:00:08' },
        ipv4: { source: '10.0.0.7', destination: '10.0.0.8' },
      }),
    ];
    assert.equal(directions(new DirectionByAddress([host('10.9.9.9')], [MAC], null), others), 'in');
  });

  it('by MAC between two of the host’s addresses', () => {
    assert.equal(directions(new DirectionByAddress([host('10.0.0.1'), host('10.0.0.2')], [MAC], null), open), 'in out in out');
  });

  it('by who asked whom between two of them on a loopback', () => {
    const one = new Talk('127.0.0.1', '127.0.0.1', [40_000, 50_000], LinkType.raw).open().s('PA', 'x').c('A').shots;
    const { flows } = surveyOf(one);
    assert.equal(directions(new DirectionByAddress([host('127.0.0.1')], [], flows), one), 'in out in out in');
  });

  it('of an ICMP error between two of them: against the packet that it quotes', () => {
    const asked = {
      ipv4: { source: '127.0.0.1', destination: '127.0.0.1' },
      udp: { sourcePort: 40_000, destinationPort: 9 },
      payload: 'x',
    };
    const question = shot({ ethernet: null, ...asked }, 0, LinkType.raw);
    const error = (quoted: Uint8Array): Shot =>
      shot(
        { ethernet: null, ipv4: { source: '127.0.0.1', destination: '127.0.0.1' }, icmp: { type: 3, code: 3, payload: quoted } },
        0,
        LinkType.raw,
      );
    const by = new DirectionByAddress([host('127.0.0.1')], [], surveyOf([question]).flows);
    assert.equal(directions(by, [question, error(question.bytes)]), 'in out');
    const answer = buildFrame({ ethernet: null, ...asked, udp: { sourcePort: 9, destinationPort: 40_000 } });
    assert.equal(directions(by, [error(answer)]), 'in');
  });

  it('without a survey, flow by flow', () => {
    assert.equal(directions(new DirectionByFlow(), open), 'in out in out');
    const middle = new Talk('10.0.0.2', '10.0.0.1', [40_000, 443]).s('PA', 'x').c('PA', 'y').shots;
    assert.equal(directions(new DirectionByFlow(), middle), 'out in', 'ports tell');
    const even = new Talk('10.0.0.2', '10.0.0.1', [40_000, 50_000]).c('PA', 'x').s('PA', 'y').shots;
    assert.equal(directions(new DirectionByFlow(), even), 'in out', 'who speaks first asks');
  });

  it('without a survey: not by a SYN-ACK that is damaged', () => {
    const forged = new Talk().s('SA', '', { damaged: true }).shots;
    const by = new DirectionByFlow();
    directions(by, forged);
    assert.deepEqual(by.learnt, []);
    directions(by, open);
    assert.deepEqual(
      by.learnt.map(({ words }) => words[3]),
      [0x0a00_0001],
    );
  });

  it('of a server that is another’s client: both of its sides', async () => {
    const shots = together(
      new Talk('10.0.0.9', '10.0.0.1').open().c('PA', GET).s('PA', OK),
      new Talk('10.0.0.1', '10.0.0.7', [50_001, 8080]).open().c('PA', GET).s('PA', OK),
    );
    const told = await tell(shots, { hosts: [host('10.0.0.1')] });
    assert.deepEqual(told.requests, ['GET / 1.1'], 'what it asks others is nothing that it received');
    assert.deepEqual(told.divergences, []);
  });
});
