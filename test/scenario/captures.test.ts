import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture } from '../../src/capture/capture.ts';
import { Recording, type RecordingOptions } from '../../src/commands/output/recording.ts';
import { playFile } from '../../src/commands/play.ts';
import { SilentReporter } from '../../src/report/silent.ts';
import { fold, pseudoHeader4, sumBytes } from '../../src/wire/checksum.ts';
import { Frame } from '../../src/wire/frame.ts';

const HOST = `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24
listen tcp 80
client alice ip 10.0.0.10 mac 02:00:00:00:00:0a
`;

describe('the capture of a scenario', () => {
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-captures-'));
  after(() => rmSync(directory, { recursive: true }));
  const script = join(directory, 'script.scn');

  /** Plays steps; gives the frames of its capture, each with its first bytes. */
  async function captured(steps: string, options: RecordingOptions = {}, file = 'x.pcapng'): Promise<string[]> {
    const path = join(directory, file);
    writeFileSync(script, HOST + steps);
    const recording = new Recording(path, path.endsWith('.pcapng'), options);
    await playFile(script, undefined, new SilentReporter(), { tap: recording.tap });
    await recording.end();
    const capture = await openCapture([path]);
    const frame = new Frame();
    const found: string[] = [];
    do {
      while (capture.next(frame)) {
        const { linkType, direction, start, end, wireLength, fcsLength, linkErrors } = frame;
        const errors = linkErrors === 0 ? '' : ` errors ${linkErrors.toString(16)}`;
        const head = Buffer.from(frame.bytes.subarray(start, Math.min(end, start + 20))).toString('hex');
        found.push(
          `type ${linkType} way ${direction} ${end - start}/${wireLength}${fcsLength > 0 ? ' fcs' : ''}${errors} ${head}`,
        );
      }
    } while (await capture.fill());
    await capture.close();
    return found;
  }

  const heads = (lines: readonly string[]) => lines.map((line) => line.replace(/ \w+$/, ''));

  it('has all frames as they are, but for what `capture` says from one step to the next', async () => {
    const steps = `
alice > icmp echo
capture fcs
alice > icmp echo
capture off
alice > icmp echo
capture only out snaplen 30
alice > icmp echo
capture
alice > icmp echo
`;
    assert.deepEqual(heads(await captured(steps)), [
      // the server asks for alice's MAC before it answers her
      'type 1 way 1 60/60',
      'type 1 way 2 60/60',
      'type 1 way 1 60/60',
      'type 1 way 2 60/60',
      'type 1 way 1 64/64 fcs',
      'type 1 way 2 64/64 fcs',
      'type 1 way 2 30/60',
      'type 1 way 1 60/60',
      'type 1 way 2 60/60',
    ]);
  });

  it('has other link headers in the place of that of Ethernet', async () => {
    const steps = ['raw', 'null', 'loop', 'sll', 'sll2', '105'].map((kind) => `capture link_type ${kind}\nalice > icmp echo`);
    assert.deepEqual((await captured(`alice ping\n${steps.join('\n')}\n`)).slice(4), [
      'type 101 way 1 46/46 4500001c00010000400166d60a00000a0a000001',
      'type 101 way 2 46/46 4500001c1a95000040014c420a0000010a00000a',
      'type 0 way 1 50/50 020000004500001c00020000400166d50a00000a',
      'type 0 way 2 50/50 020000004500001c1a96000040014c410a000001',
      'type 108 way 1 50/50 000000024500001c00030000400166d40a00000a',
      'type 108 way 2 50/50 000000024500001c1a97000040014c400a000001',
      // from whom, and whether to the capturing host or from it
      'type 113 way 1 62/62 00000001000602000000000a000008004500001c',
      'type 113 way 2 62/62 000400010006020000000001000008004500001c',
      'type 276 way 1 66/66 08000000000000000001000602000000000a0000',
      'type 276 way 2 66/66 0800000000000000000104060200000000010000',
      // one that nothing is known of is a name only
      'type 105 way 1 60/60 02000000000102000000000a08004500001c0006',
      'type 105 way 2 60/60 02000000000a02000000000108004500001c1a9a',
    ]);
  });

  it('says which frames were damaged, where their FCS is not kept', async () => {
    const steps = 'alice > icmp echo corrupt fcs\nalice > icmp echo nopad\nalice > icmp echo data 1600 truncate 1600\n';
    assert.deepEqual(heads(await captured(steps)), [
      'type 1 way 1 60/60 errors 100',
      'type 1 way 1 42/42 errors 400',
      'type 1 way 1 1600/1600 errors 200',
    ]);
  });

  it('has checksums that are only begun, where a card is to complete them', async () => {
    const whole = { offload: true, only: 'in' } as const;
    const steps = 'alice:5000 > 7 udp "x"\nalice:5000 > 80 tcp SYN\nalice:5001 > 80 tcp SYN corrupt tcp_checksum\n';
    writeFileSync(script, HOST + steps);
    const seen: Uint8Array[] = [];
    await playFile(script, undefined, new SilentReporter(), {
      tap: (bytes, _time, _number, trace, viewpoint) => {
        const sighting = viewpoint.with(whole).see(bytes, trace !== null);
        if (sighting !== null && sighting.bytes[13] === 0) seen.push(sighting.bytes);
      },
    });
    const sums = seen.map((frame) => {
      const length = frame.length - 34;
      const pseudo = fold(pseudoHeader4(0x0a00000a, 0x0a000001, frame[23]!, length));
      const field = 34 + (frame[23] === 6 ? 16 : 6);
      const isRight = fold(sumBytes(frame, 34, frame.length, pseudo)) === 0xffff;
      return [frame.length, (frame[24]! << 8) | frame[25]!, isRight, ((frame[field]! << 8) | frame[field + 1]!) === pseudo];
    });
    assert.deepEqual(sums, [
      [43, 0, false, true],
      [54, 0, false, true],
      // one that was wrong is still wrong
      [54, 0, false, false],
    ]);
  });

  it('is as the options say where the script says otherwise', async () => {
    const steps = 'capture snaplen 40\nalice > icmp echo\n';
    assert.deepEqual(heads(await captured(steps, { snaplen: 50, only: 'in' })), ['type 1 way 1 50/60', 'type 1 way 1 50/60']);
  });

  it('cannot be one .pcap file where it has two link types', async () => {
    const steps = 'alice > icmp echo\ncapture link_type raw\nalice > icmp echo\n';
    await assert.rejects(captured(steps, {}, 'two.pcap'), /two\.pcap: the script captures raw IP too, and a \.pcap file has one/);
    assert.deepEqual(heads(await captured('capture link_type raw\nalice > icmp echo\n', {}, 'one.pcap')), [
      'type 101 way 0 46/46',
      'type 101 way 0 46/46',
    ]);
    assert.deepEqual(await captured('', {}, 'none.pcap'), []);
  });

  it('is analysed for what the script expects of that', async () => {
    writeFileSync(
      script,
      `${HOST}
capture off
alice connect tcp 80
capture
alice request GET /
  expect http 200
expect analysis decision tcp_adopted
expect analysis no decision http_request_head
expect analysis count drop 0
expect analysis count observe >=9
`,
    );
    const reporter = new SilentReporter();
    const { expectations, failures, takenInAnalysis } = await playFile(script, undefined, reporter);
    assert.deepEqual([expectations, failures], [5, 2]);
    assert.deepEqual(
      reporter.failures.map(({ line, expected, actual }) => [line, expected, actual]),
      [
        [11, 'analysis no decision http_request_head', 'taken 1 times'],
        [13, 'analysis count observe >=9', '2'],
      ],
    );
    assert.ok(takenInAnalysis !== null);
  });
});
