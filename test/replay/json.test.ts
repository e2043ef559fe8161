import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { openCapture } from '../../src/capture/capture.ts';
import { readServerFile } from '../../src/commands/input/server-file.ts';
import { analyze } from '../../src/replay/analyze.ts';
import { replay } from '../../src/replay/replay.ts';
import { JsonReporter } from '../../src/report/json/reporter.ts';
import type { ServerConfiguration } from '../../src/server/configuration.ts';
import { validate, validateClosed } from '../report/lines-of.ts';
import { memoryOutput } from '../report/memory-output.ts';
import { NO_PROGRESS, OPTIONS } from './story.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

describe('JSON of a server file’s answers', () => {
  let server: ServerConfiguration;
  before(async () => {
    server = (await readServerFile(`${fixtures}servers/nginx-alike.scn`)).configuration;
  });

  /** All lines, each of which the schema allows. */
  async function lines(name: string, isReplay: boolean): Promise<Line[]> {
    const { output, text } = memoryOutput();
    const reporter = new JsonReporter(output, '0');
    const capture = await openCapture([`${fixtures}captures/${name}.pcap`]);
    if (isReplay) await replay(capture, server, { hosts: [] }, reporter, NO_PROGRESS);
    else await analyze(capture, { ...OPTIONS, server }, reporter, NO_PROGRESS);
    await capture.close();
    const found = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    for (const line of found) {
      assert.equal(validate(line), true, JSON.stringify([line, validate.errors]));
      assert.equal(validateClosed(line), true, JSON.stringify([line, validateClosed.errors]));
    }
    return found;
  }

  for (const name of ['redirects', 'corrupted-upload', 'accept-queue-full', 'fragments-under-loss', 'status/429', 'status/504'])
    for (const isReplay of [true, false])
      it(`${name}, ${isReplay ? 'replayed' : 'analyzed'}, fits the schema`, async () => {
        const found = await lines(name, isReplay);
        assert.deepEqual([found[0]!.type, found.at(-1)!.type], ['start', 'end']);
        assert.equal(found[0]!.command, isReplay ? 'replay' : 'analyze');
      });

  it('says of each request what both answered, and sums up', async () => {
    const found = await lines('status/401', true);
    assert.deepEqual(
      found.filter(({ type }) => type === 'comparison'),
      [
        {
          type: 'comparison',
          n: 6,
          t_ns: found.find(({ type }) => type === 'comparison')!.t_ns,
          fd: 4,
          method: 'GET',
          target: '/secret/',
          same: false,
          differs: ['length'],
          server: { status: 401, body_bytes: 17, closed_by: 'client' },
          captured: { status: 401, body_bytes: 172, closed_by: 'client' },
        },
        {
          type: 'comparison',
          n: 16,
          t_ns: found.find(({ type }) => type === 'comparison')!.t_ns,
          fd: 4,
          method: 'GET',
          target: '/secret/',
          same: true,
          server: { status: 200, body_bytes: 7, closed_by: 'client' },
          captured: { status: 200, body_bytes: 7, closed_by: 'client' },
        },
      ],
    );
    assert.deepEqual(found.at(-1)!.comparison, { length: 1, same: 1 });
    assert.deepEqual(
      found.filter(({ type }) => type === 'response').map(({ source, status, body_bytes }) => [source, status, body_bytes]),
      [
        ['server', 401, 17],
        ['captured', 401, 172],
        ['server', 200, 7],
        ['captured', 200, 7],
      ],
    );
  });

  it('marks ACK numbers that stand for others', async () => {
    const found = await lines('status/404', true);
    const marked = found.filter(({ captured_ack }) => captured_ack !== undefined);
    assert.deepEqual(
      marked.map(({ n, ack, captured_ack }) => ({ n, less: (captured_ack as number) - (ack as number) })),
      marked.map(({ n }) => ({ n, less: (marked[0]!.captured_ack as number) - (marked[0]!.ack as number) })),
    );
    assert.equal(marked.length, 3);
  });
});
