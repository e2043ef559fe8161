import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateClosed } from '../report/lines-of.ts';
import { type Ran, rxpath } from './run.ts';

const HOST = `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24
client alice mac 02:00:00:00:00:0a ip 10.0.0.10
listen tcp 80 program ./app.mjs
`;

describe('rxpath run with a program of the user’s', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-'));
  after(() => rmSync(folder, { recursive: true }));

  function run(app: string, steps: string, ...flags: string[]): Ran {
    writeFileSync(join(folder, 'app.mjs'), app);
    writeFileSync(join(folder, 'try.scn'), HOST + steps);
    return rxpath(['run', join(folder, 'try.scn'), ...flags]);
  }

  it('ends though the program has a timer that does not, and keeps standard output to itself', () => {
    const app = `
      setInterval(() => {}, 1000);
      console.log('printed while it is loaded');
      export default { fetch(request) {
        console.log('printed while it answers');
        return Response.json({ url: request.url });
      } };`;
    const steps = 'alice connect tcp 80 as a\na request GET /hello\n  expect http 200 "/hello"\na close\n';
    const { code, out, err } = run(app, steps, '--json');
    assert.equal(code, 0);
    for (const line of out.trimEnd().split('\n')) assert.ok(validateClosed(JSON.parse(line)), line);
    assert.equal(err, 'printed while it is loaded\nprinted while it answers\n');
  });

  it('says what went wrong in it', () => {
    const app = "export default async () => { throw new RangeError('too far'); };";
    const steps = 'alice connect tcp 80 as a\na request GET /hello\n  expect http 500\na close\n';
    const { code, out } = run(app, steps, '--http');
    assert.equal(code, 0);
    assert.match(out, /note: \.\/app\.mjs: GET \/hello: throws RangeError: too far\n/);
  });

  it('refuses a module that exports no program, where the script names it', () => {
    const { code, out, err } = run('export const answer = 42;', '');
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /try\.scn:3:\d+: \.\/app\.mjs exports neither a default nor fetch: it needs a default export/);
  });
});
