import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type LinuxEvent, type LinuxFrame, type LinuxScenario, loadScenario } from '../../conformance/capture.ts';
import { LinuxRunner } from '../../conformance/runner.ts';
import { alignTicks } from '../../conformance/ticks.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
const IP = 14;
const TCP = 34;

/** The scenario with one frame's bytes, or its time, otherwise. */
function changed(name: string, index: number, change: (bytes: Uint8Array) => void, later = 0): LinuxScenario {
  const scenario = loadScenario(FOLDER, name);
  const frames = scenario.frames.map(({ time, bytes }, at): LinuxFrame => {
    if (at !== index) return { time, bytes };
    const copy = bytes.slice();
    change(copy);
    return { time: time + later, bytes: copy };
  });
  return { ...scenario, frames };
}

function withEvents(name: string, change: (events: LinuxEvent[]) => LinuxEvent[]): LinuxScenario {
  const scenario = loadScenario(FOLDER, name);
  return { ...scenario, events: change([...scenario.events]) };
}

function differing(scenario: LinuxScenario): string[] {
  return new LinuxRunner(scenario).run().flatMap(({ frame, problems }) => problems.map((problem) => `#${frame} ${problem}`));
}

describe('the comparison with a recording', () => {
  it('finds nothing in what the kernel answered', () => {
    for (const name of ['tcp_syn_open', 'tcp_rto_no_tlp', 'udp_basic', 'l2_arp'])
      assert.deepEqual(differing(loadScenario(FOLDER, name)), []);
  });

  const FIELDS: readonly [what: string, change: (bytes: Uint8Array) => void, problem: RegExp][] = [
    ['flags', (bytes) => (bytes[TCP + 13] = 0x10), /flags: kernel A, we SA/],
    ['the acknowledgement', (bytes) => (bytes[TCP + 11]! += 1), /ack: kernel 1, we 0/],
    ['the window', (bytes) => (bytes[TCP + 15]! += 1), /window: kernel 64241, we 64240/],
    ['an option', (bytes) => (bytes[TCP + 23]! -= 1), /tcpOptions: kernel 020405b3, we 020405b4/],
    ['the TTL', (bytes) => (bytes[IP + 8] = 63), /ttl: kernel 63, we 64/],
    ['the destination MAC', (bytes) => (bytes[5] = 9), /to: kernel 02:00:00:00:00:09/],
  ];
  for (const [what, change, problem] of FIELDS) {
    it(`sees another value of ${what}`, () => {
      const found = differing(changed('tcp_syn_open', 1, change));
      assert.ok(
        found.some((text) => problem.test(text)),
        found.join('\n'),
      );
    });
  }

  it('misses an answer that only the kernel gives, and one that only we give', () => {
    const dropped = differing(withEvents('tcp_syn_open', (events) => events.filter(({ pcap }) => pcap !== 1)));
    assert.match(dropped.join('\n'), /#0 we also send at 0\.0 ms: .*flags SA/);
    const silent = differing(withEvents('udp_basic', (events) => events.filter(({ op }) => op !== 'udp-write')));
    assert.match(silent.join('\n'), /kernel sends at .*, we do not: .*protocol udp/);
  });

  it('holds a timer to an eighth of its wait', () => {
    const { frames, events } = loadScenario(FOLDER, 'tcp_rto_no_tlp');
    const resent = events.filter(({ type, dir }) => type === 'frame' && dir === 'out').at(-1)!.pcap!;
    const wait = frames[resent]!.time - frames[resent - 1]!.time;
    const late = (share: number) => differing(changed('tcp_rto_no_tlp', resent, () => {}, -Math.round(wait * share)));
    assert.deepEqual(late(0.03), []);
    assert.match(late(0.2).join('\n'), /time: kernel .* ms, we .* ms/);
  });

  it('wants the drop reason that the kernel names, and no drop where there was none', () => {
    const renamed = withEvents('ip_bad_checksum', (events) =>
      events.map((event) => (event.drop ? { ...event, drop: [{ reason: 'IP_RPFILTER', in: 'ip_rcv' }] } : event)),
    );
    assert.match(differing(renamed).join('\n'), /kernel drops IP_RPFILTER in ip_rcv, we: ipv4_checksum_bad/);
    const none = withEvents('ip_bad_checksum', (events) => events.map(({ drop, ...event }) => event));
    assert.match(differing(none).join('\n'), /kernel drops nothing, we: ipv4_checksum_bad/);
  });
});

describe('the ticks of a recording', () => {
  it('come to be ours: timers fire at multiples of 4 ms', () => {
    const { frames, events } = alignTicks(loadScenario(FOLDER, 'tcp_rto_no_tlp'));
    const sent = events.filter(({ type, dir }) => type === 'frame' && dir === 'out').slice(-4);
    for (const { pcap } of sent) {
      const phase = (frames[pcap!]!.time / 1e6) % 4;
      assert.ok(phase < 1.4, `${phase} ms behind the tick`);
    }
  });

  it('leave a recording without timers as it is', () => {
    const scenario = loadScenario(FOLDER, 'ip_bad_checksum');
    assert.equal(alignTicks(scenario), scenario);
  });
});
