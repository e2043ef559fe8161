import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { readScript } from '../../src/commands/input/script-file.ts';
import { configurationOf, readServerFile } from '../../src/commands/input/server-file.ts';
import { replay } from '../../src/replay/replay.ts';
import { parseScript } from '../../src/scenario/parser.ts';
import { formatScript } from '../../src/scenario/script/format.ts';
import { NAMES } from '../../src/trace/catalogue.ts';
import { rxpath } from '../commands/run.ts';
import { host, NO_PROGRESS } from '../replay/story.ts';
import { Agreement, Analysed, analysed, answerTimes, OTHER_TIMES, SHOWN_BY_CAPTURE } from './agreement.ts';
import { Dissection, HAS_TSHARK } from './dissection.ts';
import { type Decided, LIBRARY, type Recorded, recordScript, SCRIPTS } from './recorded.ts';

const CAPTURES = fileURLToPath(new URL('../../fixtures/captures', import.meta.url));
const SERVERS = fileURLToPath(new URL('../../fixtures/servers', import.meta.url));

/** Decisions about what a capture shows, or does not show: a host that is played by a script never takes them, an analysis or a replay does. */
const CAPTURES_ONLY =
  /_not_captured$|_observed|_offloaded$|_disregarded$|_merged|^nic_(link_type_unsupported|link_error|fcs_reported|no_ethernet|loopback)$|_cut_by_snaplen$|_excused$|_captured$|^tcp_(let_go|listener_assumed|adopted|active_open|fast_open|replay_ack|capture_gap|handshake_unseen|taken_after_all|followed_idle|ack_ahead_of_capture|port_reused)$|^http_(request_cut|bad_response|hole|resync|response_\w+|tunnel|no_response|two_lengths)$|^socket_datagram_assumed$|^icmp(v6)?_reply$|^(driver_vlan_tag|nic_mac_unknown|nic_short_frame|server_stream_not_http|ip_firewall_disproved)$/;

const taken = new Float64Array(NAMES.length);
const takenByClients = new Float64Array(NAMES.length);
const takenOfCaptures = new Float64Array(NAMES.length);

function addTo(sum: Float64Array, counts: Float64Array | null): void {
  if (counts !== null) for (let id = 0; id < sum.length; id++) sum[id]! += counts[id]!;
}

async function replayFile(path: string, server: string): Promise<Analysed> {
  const reporter = new Analysed();
  const capture = await openCapture([path]);
  const { configuration } = await readServerFile(server);
  await replay(capture, configuration, { hosts: [] }, reporter, NO_PROGRESS);
  await capture.close();
  return reporter;
}

/** An analysis that cannot read its capture twice: what it says of each frame is all that it knew by then. */
function analysePipe(path: string): void {
  const { code, out } = rxpath(['analyze', '-', '--json'], { input: readFileSync(path) });
  assert.equal(code, 0);
  NAMES.forEach((name, id) => {
    if (out.includes(`"${name}"`)) takenOfCaptures[id]!++;
  });
}

/** Each is played once: what it expects, what its capture says to an analysis and to tshark, and what was decided are all of that run. */
describe('the shipped scenarios', function () {
  // 33,000 frames, in one of them
  this.timeout(180_000);
  const directory = mkdtempSync(join(tmpdir(), 'rxpath-library-'));
  const agreement = new Agreement();
  const dissection = new Dissection(join(directory, 'all.pcapng'));
  after(() => rmSync(directory, { recursive: true }));

  it('are a tour of twelve and many more', () => {
    const tour = SCRIPTS.filter((name) => /^\d\d-/.test(name)).map((name) => Number(name.slice(0, 2)));
    assert.deepEqual(tour, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.ok(SCRIPTS.length > 60, `${SCRIPTS.length} scripts`);
  });

  it('begin with a line that says what they teach', () => {
    const mute = SCRIPTS.filter((name) => !/^# .{15,}/.test(readFileSync(join(LIBRARY, name), 'utf8')));
    assert.deepEqual(mute, []);
  });

  it('are formatted', () => {
    const other = SCRIPTS.filter((name) => {
      const text = readFileSync(join(LIBRARY, name), 'utf8');
      return formatScript(parseScript(text, name)) !== text;
    });
    assert.deepEqual(other, [], 'rxpath fmt formats them');
  });

  for (const file of SCRIPTS) {
    const name = file.replace('.scn', '');
    const capture = join(directory, `${name}.pcapng`);
    let played: Recorded;

    it(`${name} does what it says`, async () => {
      played = await recordScript(file, capture);
      const { result, failures, frames } = played;
      addTo(taken, result.taken);
      addTo(takenByClients, result.takenByClients);
      dissection.add(name, capture, frames);
      const failed = failures.map(({ line, expected, actual }) => `${line}: expected ${expected}, happened ${actual}`);
      assert.deepEqual(failed, []);
      assert.ok(result.expectations > 0);
    });

    it(`${name} is analysed as it ran, given its server`, async () => {
      const server = await configurationOf(readScript(join(LIBRARY, file)));
      const { frames, exchanges } = await analysed(capture, server);
      assert.deepEqual(agreement.differences(played.frames, frames), []);
      const [ran, shown] = [answerTimes(played.exchanges), answerTimes(exchanges)];
      if (OTHER_TIMES[name] === undefined) assert.deepEqual(shown, ran);
      else assert.notDeepEqual(shown, ran, `they do not differ any more: ${OTHER_TIMES[name]}`);
    });

    it(`${name} is analysed without its server`, async () => {
      const alone = played.result.takenInAnalysis === null ? await analysed(capture) : null;
      addTo(takenOfCaptures, alone?.taken ?? played.result.takenInAnalysis);
      if (!SHOWN_BY_CAPTURE.includes(name)) return;
      const finals = (frames: readonly (Decided | null)[]) =>
        frames.map((frame, i) => (played.frames[i] === null ? '' : frame!.final));
      assert.deepEqual(finals(alone!.frames), finals(played.frames), 'what a capture shows is decided as it was in the run');
    });
  }

  it('are analysed frame by frame as they ran, but for what is not in a capture', () => agreement.check());

  it('hold nothing that tshark finds wrong but what the server refuses, and what a script has broken for another reason', function () {
    if (!HAS_TSHARK) this.skip();
    dissection.check();
  });

  it('take every decision there is, with the analyses and replays of their captures and the shipped ones', async () => {
    const captures = readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap'));
    for (const name of captures) addTo(takenOfCaptures, (await analysed(join(CAPTURES, name))).taken);
    addTo(takenOfCaptures, (await replayFile(join(CAPTURES, 'redirects.pcap'), join(SERVERS, 'nginx-alike.scn'))).taken);
    const { configuration } = await readServerFile(join(SERVERS, 'nginx-alike.scn'));
    const firewall = [{ action: 'drop', protocol: 6, text: 'drop tcp' } as const];
    const macs = [{ high: 0x0200, low: 1 }];
    const closed = { ...configuration, host: { ...configuration.host, macs, addresses: [host('10.0.0.1')], firewall } };
    addTo(takenOfCaptures, (await analysed(join(CAPTURES, 'curl-get.pcap'), closed)).taken);
    analysePipe(join(CAPTURES, 'curl-get.pcap'));
    const all = NAMES.map((name, id) => ({ name: name as string, id, ofCaptures: CAPTURES_ONLY.test(name) }));
    const isTaken = (id: number) => taken[id]! > 0 || takenByClients[id]! > 0;
    const scripted = all.filter(({ ofCaptures }) => !ofCaptures);
    const shown = all.filter(({ ofCaptures }) => ofCaptures);
    const missing = [
      ...scripted.filter(({ id }) => !isTaken(id)),
      ...shown.filter(({ id }) => takenOfCaptures[id] === 0 && !isTaken(id)),
    ];
    const count = NAMES.length - missing.length;
    console.log(
      `      ${count} of ${NAMES.length} decisions are taken: ${scripted.length} are a script's, ${shown.length} a capture's`,
    );
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
    );
  });
});
