import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { halves, loadScenario, scenarioNames } from '../../conformance/capture.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/linux', import.meta.url));
const PCAP = readFileSync(join(FOLDER, 'tcp_syn_open.pcap'));
const TOLD = JSON.parse(readFileSync(join(FOLDER, 'tcp_syn_open.json'), 'utf8')) as { events: object[] };
const isFrame = (event: object) => 'pcap' in event;

describe('a recording', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-recording-'));
  after(() => rmSync(folder, { recursive: true }));

  const cases: readonly [what: string, json: unknown, pcap: Uint8Array, problem: RegExp | null][] = [
    ['that says more than is asked', { ...TOLD, name: 'of somebody', colour: 'red' }, PCAP, null],
    ['whose JSON is cut', '{"name": "x", ', PCAP, /^x\.json: .*JSON/],
    ['that is a list', [], PCAP, /^x\.json has no server, no list of events or no pcap_epoch$/],
    ['without events', { ...TOLD, events: undefined }, PCAP, /^x\.json has no server, no list of events/],
    ['without a server', { ...TOLD, server: undefined }, PCAP, /^x\.json has no server/],
    ['whose capture is empty', TOLD, new Uint8Array(0), /^x\.pcap is no classic pcap/],
    ['whose capture is text', TOLD, Buffer.from('a text that is long enough for a header'), /^x\.pcap is no classic pcap/],
    ['whose capture is cut in a frame', TOLD, PCAP.subarray(0, PCAP.length - 1), /^x\.pcap is cut in frame 3$/],
    ['whose capture is cut in a header', TOLD, PCAP.subarray(0, 30), /^x\.pcap is cut in frame 0$/],
    [
      'whose events speak of other frames',
      { ...TOLD, events: TOLD.events.map((event) => (isFrame(event) ? { ...event, pcap: 99 } : event)) },
      PCAP,
      /^x\.pcap has 4 frames, and no number 99$/,
    ],
  ];
  for (const [what, json, pcap, problem] of cases) {
    it(`${what} ${problem === null ? 'is read' : 'is refused, and it is said why'}`, () => {
      writeFileSync(join(folder, 'x.json'), typeof json === 'string' ? json : JSON.stringify(json));
      writeFileSync(join(folder, 'x.pcap'), pcap);
      const load = () => loadScenario(folder, 'x');
      if (problem === null) assert.equal(load().frames.length, 4);
      else assert.throws(load, ({ message }: Error) => problem.test(message));
    });
  }

  it('of which one file is missing is not played, but told of', () => {
    writeFileSync(join(folder, 'alone.json'), '{}');
    writeFileSync(join(folder, 'single.pcap'), PCAP);
    writeFileSync(join(folder, 'notes.txt'), '');
    assert.deepEqual(scenarioNames(folder, ['']), ['x']);
    assert.deepEqual(halves(folder, ['']), ['alone.pcap', 'single.json']);
    assert.deepEqual(halves(folder, ['s']), ['single.json']);
  });
});
