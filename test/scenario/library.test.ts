import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { playFile } from '../../src/commands/play.ts';
import { Recording } from '../../src/commands/recording.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { SilentReporter } from '../../src/report/silent.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';
import type { Decision } from '../../src/trace/decision.ts';
import type { Reporter } from '../../src/trace/run.ts';

const LIBRARY = fileURLToPath(new URL('../../fixtures/scenarios', import.meta.url));
const CAPTURES = fileURLToPath(new URL('../../fixtures/captures', import.meta.url));
const SCRIPTS = readdirSync(LIBRARY)
  .filter((name) => name.endsWith('.scn'))
  .sort();

/** Decisions about what a capture shows, or does not show: a host that is played by a script never takes them. Shipped captures do not all show them yet. */
const CAPTURES_ONLY =
  /_not_captured$|_observed|_offloaded$|_disregarded$|_merged|^nic_(link_type_unsupported|link_error|fcs_reported|no_ethernet|loopback)$|_cut_by_snaplen$|_excused$|_captured$|^tcp_(let_go|listener_assumed|adopted|active_open|replay_ack|capture_gap|handshake_unseen|taken_after_all|followed_idle|ack_ahead_of_capture|port_reused)$|^http_(request_cut|bad_response|hole|resync|response_\w+|tunnel|no_response|two_lengths|handler_failed)$|^socket_datagram_assumed$|^icmp(v6)?_reply$|^(driver_vlan_tag|nic_mac_unknown|nic_short_frame|server_stream_not_http)$/;

/** What a script cannot make happen, and why. */
const OUT_OF_REACH: Readonly<Record<string, string>> = {
  tcp_too_many_connections: 'a million connections at once',
  tcp_simultaneous_open: 'a frame by hand goes to the server, and the server opens no connection',
  tcp_syn_sent_wrong_ack: 'as above',
  tcp_rst_syn_sent: 'as above',
  tcp_syn_sent_reset_ignored: 'as above',
  tcp_syn_sent_no_syn: 'as above',
  server_bind_in_use: 'the script is refused',
  server_bind_not_ours: 'the script is refused',
  server_handler_gave_up: 'five seconds of real time',
  http_no_room: '256 MB of requests at once',
  tcp_icmp_short: 'ICMP has looked at the length before',
};

/** Still to be shown by a script: whoever adds one takes the name from here. */
const NOT_YET: readonly string[] = [
  'http_site_full',
  'phy_no_lock',
  'phy_no_signal',
  'socket_unread',
  'tcp_ofo_no_room',
  'tcp_receive_buffer_full',
  'tcp_rst_state',
];

const taken = new Float64Array(NAMES.length);
const takenByClients = new Float64Array(NAMES.length);
const takenInAnalysis = new Float64Array(NAMES.length);

function addTo(sum: Float64Array, counts: Float64Array): void {
  for (let id = 0; id < sum.length; id++) sum[id]! += counts[id]!;
}

async function analyseFile(path: string): Promise<void> {
  let counts: Float64Array | null = null;
  const keep: Reporter['activity'] = (trace) => {
    counts = trace.counts;
  };
  const reporter: Reporter = {
    wantsEvents: true,
    done: false,
    start() {},
    frame: (_, trace) => keep(trace),
    activity: keep,
    idle() {},
    end() {},
  };
  const capture = await openCapture([path]);
  const options = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux' } as const;
  await analyze(capture, options, reporter, { stage() {}, at() {}, end() {} });
  await capture.close();
  if (counts !== null) addTo(takenInAnalysis, counts);
}

describe('the shipped scenarios', function () {
  this.timeout(60_000);
  const file = join(tmpdir(), `rxpath-library-${process.pid}.pcapng`);
  after(() => rmSync(file, { force: true }));

  it('are a tour of twelve and many more', () => {
    const tour = SCRIPTS.filter((name) => /^\d\d-/.test(name)).map((name) => Number(name.slice(0, 2)));
    assert.deepEqual(tour, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.ok(SCRIPTS.length > 60, `${SCRIPTS.length} scripts`);
  });

  it('begin with a line that says what they teach', () => {
    const mute = SCRIPTS.filter((name) => !/^# .{15,}/.test(readFileSync(join(LIBRARY, name), 'utf8')));
    assert.deepEqual(mute, []);
  });

  for (const name of SCRIPTS) {
    it(`${name.replace('.scn', '')} does what it says`, async () => {
      const reporter = new SilentReporter();
      const recording = new Recording(file, true, { fcs: true, comments: true });
      const result = await playFile(join(LIBRARY, name), undefined, reporter, { tap: recording.tap });
      await recording.end();
      addTo(taken, result.taken);
      addTo(takenByClients, result.takenByClients);
      await analyseFile(file);
      const failed = reporter.failures.map(({ line, expected, actual }) => `${line}: expected ${expected}, happened ${actual}`);
      assert.deepEqual(failed, []);
      assert.ok(result.expectations > 0);
    });
  }

  it('take every decision that a script can bring about', async () => {
    for (const name of readdirSync(CAPTURES)) if (name.endsWith('.pcap')) await analyseFile(join(CAPTURES, name));
    const all = NAMES.map((name, id) => ({ name: name as string, id, ofCaptures: CAPTURES_ONLY.test(name) }));
    const scripted = all.filter(({ name, ofCaptures }) => !ofCaptures && !(name in OUT_OF_REACH));
    const isTaken = (id: number) => taken[id]! > 0 || takenByClients[id]! > 0;
    const missing = scripted.filter(({ id }) => !isTaken(id));
    const captures = all.filter(({ ofCaptures }) => ofCaptures);
    const seen = captures.filter(({ id }) => takenInAnalysis[id]! > 0 || isTaken(id));
    console.log(
      `      ${NAMES.length} decisions; of ${scripted.length} that scripts can bring about ${scripted.length - missing.length} are taken`,
    );
    console.log(
      `      of ${captures.length} that only a capture shows, ${seen.length} in the scenarios' captures and the shipped ones`,
    );
    if (process.env.SHOW_UNSEEN) console.log(captures.filter((c) => !seen.includes(c)).map((c) => c.name).join(" "));
    const layers = missing.map(({ name, id }) => `${(CATALOGUE[id] as Decision).layer} ${name}`);
    assert.deepEqual(layers.map((text) => text.split(' ')[1]).sort(), [...NOT_YET].sort());
  });

  it('leave nothing out of reach that is taken after all', () => {
    const wrong = Object.keys(OUT_OF_REACH).filter((name) => taken[NAMES.indexOf(name as never)]! > 0);
    assert.deepEqual(wrong, []);
  });
});
