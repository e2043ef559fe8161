import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { readServerFile } from '../../src/commands/input/server-file.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { replay } from '../../src/replay/replay.ts';
import type { ServerConfiguration } from '../../src/server/configuration.ts';
import { ReplayTeller } from './replaying.ts';
import { NO_PROGRESS, OPTIONS, Teller } from './story.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** What nginx answered to each capture's requests; our server, configured alike, answers the same. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  '201': [201],
  '204': [204],
  '302': [302],
  '304': [200],
  '400': [400, 400],
  '401': [401, 200],
  '403': [403],
  '404': [404],
  '405': [405],
  '412': [412],
  '416': [416],
  '429': [200, 429, 429],
  '501': [400],
  '502': [502],
  '503': [503, 200, 503],
  '504': [504],
  '505': [505],
};

/** Statuses of both servers; what was found is the same to the byte, pages about errors are each server's own. */
function compared(told: ReplayTeller | Teller): { captured: number[]; ours: number[]; differs: string[] } {
  const events = told.events.filter((event) => event.type === 'comparison');
  return {
    captured: events.map(({ captured }) => captured?.status ?? 0),
    ours: events.map(({ server }) => server?.status ?? 0),
    differs: events.flatMap(({ server, differs }) =>
      server !== null && server.status < 300 ? differs : differs.filter((how) => how !== 'length'),
    ),
  };
}

async function replayed(path: string, server: ServerConfiguration): Promise<ReplayTeller> {
  const capture = await openCapture([path]);
  const teller = new ReplayTeller();
  await replay(capture, server, { hosts: [] }, teller, NO_PROGRESS);
  await capture.close();
  return teller;
}

describe('captured statuses, replayed to a server configured alike', () => {
  let server: ServerConfiguration;
  before(async () => {
    server = (await readServerFile(`${fixtures}servers/nginx-alike.scn`)).configuration;
  });

  it('are all in the table', () => {
    const files = readdirSync(`${fixtures}captures/status`).filter((name) => name.endsWith('.pcap'));
    assert.deepEqual(
      files.map((name) => name.slice(0, -5)),
      Object.keys(STATUSES),
    );
  });

  for (const [name, expected] of Object.entries(STATUSES)) {
    it(`${name}: nginx's status`, async () => {
      const told = await replayed(`${fixtures}captures/status/${name}.pcap`, server);
      assert.deepEqual(compared(told), { captured: expected, ours: expected, differs: [] });
      assert.deepEqual(told.divergences, []);
      assert.deepEqual(
        told.sent.filter((line) => line.startsWith('R')),
        [],
      );
    });

    it(`${name}: the same beside the captured server`, async () => {
      const capture = await openCapture([`${fixtures}captures/status/${name}.pcap`]);
      const teller = new Teller();
      await analyze(capture, { ...OPTIONS, server }, teller, NO_PROGRESS);
      await capture.close();
      assert.deepEqual(compared(teller), { captured: expected, ours: expected, differs: [] });
    });
  }
});

describe('shipped captures, replayed', () => {
  let server: ServerConfiguration;
  before(async () => {
    server = (await readServerFile(`${fixtures}servers/nginx-alike.scn`)).configuration;
  });

  /** Answers that are as captured, others; kinds of divergence. */
  const KNOWN: Readonly<Record<string, readonly [comparison: Record<string, number>, divergences: Record<string, number>]>> = {
    'accept-queue-full': [{}, { missing_reply: 3, unexpected_reply: 3 }],
    'client-abort': [{ status: 1 }, {}],
    'corrupted-upload': [{ same: 9, status: 3, length: 3 }, { unexpected_reply: 1 }],
    'curl-get': [{ same: 1 }, {}],
    'fragments-under-loss': [{}, { missing_reply: 1 }],
    'ping-fragments': [{}, {}],
    'pipelined-requests': [{ same: 3, length: 1 }, {}],
    redirects: [{ same: 3, length: 3 }, {}],
    'status-404': [{ length: 1 }, {}],
    'udp-closed-port': [{}, {}],
  };
  for (const [name, expected] of Object.entries(KNOWN))
    it(name, async () => {
      const { info } = await replayed(`${fixtures}captures/${name}.pcap`, server);
      assert.deepEqual([Object.fromEntries(info.comparison ?? []), Object.fromEntries(info.divergences)], expected);
    });
});
