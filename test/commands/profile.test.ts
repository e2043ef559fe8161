import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProcess } from './in-process.ts';

/** A SYN with FIN, and then a connection: Linux says nothing to the first. */
const SCRIPT = `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24
client bob ip 10.0.0.11
listen tcp 7 program echo
bob:5000 > 7 tcp SYN,FIN seq 1000
bob:5001 > 7 tcp SYN seq 1000
bob:5001 > 7 tcp ACK
`;

interface Line {
  readonly type: string;
  readonly n?: number;
  readonly verdict?: string;
  readonly host?: { readonly profile?: string };
}

describe('--profile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-profile-'));
  const plain = join(folder, 'plain.scn');
  const byTheBook = join(folder, 'rfc.scn');
  const server = join(folder, 'server.scn');
  writeFileSync(plain, SCRIPT);
  writeFileSync(byTheBook, SCRIPT.replace('listen', 'profile rfc9293\nlisten'));
  writeFileSync(server, 'listen tcp 7 program echo\nprofile rfc9293\n');
  after(() => rmSync(folder, { recursive: true }));

  async function told(...args: string[]): Promise<Line[]> {
    const { code, out, err } = await inProcess([...args, '--json']);
    assert.equal(code, 0, err);
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  }

  /** The profile that the start tells, and what became of the SYN with FIN. */
  async function first(...args: string[]): Promise<[profile: string | undefined, verdict: string | undefined]> {
    const lines = await told(...args);
    return [lines[0]!.host!.profile, lines.find((line) => line.type === 'packet' && line.n === 1)!.verdict];
  }

  it('comes before what the script says', async () => {
    assert.deepEqual(await first('run', plain), [undefined, 'drop']);
    assert.deepEqual(await first('run', plain, '--profile', 'rfc9293'), ['rfc9293', 'consume']);
    assert.deepEqual(await first('run', byTheBook), ['rfc9293', 'consume']);
    assert.deepEqual(await first('run', byTheBook, '--profile', 'linux'), [undefined, 'drop']);
  });

  it('is named at the start, where it is not that of Linux', async () => {
    assert.match((await inProcess(['run', byTheBook])).out, /^host 10\.0\.0\.1 · listens on tcp\/7 · profile rfc9293 {2}\(/m);
    assert.doesNotMatch((await inProcess(['run', plain])).out, / · profile/);
  });

  it('makes another capture of the same script', async () => {
    const frames = async (script: string, ...args: string[]): Promise<number> => {
      const file = join(folder, 'out.pcap');
      assert.equal((await inProcess(['generate', script, '-o', file, '--only', 'out', ...args])).code, 0);
      return readFileSync(file).length;
    };
    const byRequest = await frames(plain, '--profile', 'rfc9293');
    assert.ok((await frames(plain)) < byRequest);
    assert.equal(await frames(byTheBook), byRequest);
  });

  it('shows where a captured server does otherwise, and how another one would have answered', async () => {
    const capture = join(folder, 'linux.pcap');
    assert.equal((await inProcess(['generate', plain, '-o', capture])).code, 0);
    const divergences = (await told('analyze', capture)).filter(({ type }) => type === 'divergence');
    assert.deepEqual(divergences, []);
    assert.deepEqual(await first('analyze', capture, '--profile', 'rfc9293'), ['rfc9293', 'consume']);
    assert.deepEqual(await first('replay', capture, '--server', server), ['rfc9293', 'consume']);
    assert.deepEqual(await first('replay', capture, '--server', server, '--profile', 'linux'), [undefined, 'drop']);
  });

  it('is one of two', async () => {
    const { code, err } = await inProcess(['run', plain, '--profile', 'bsd']);
    assert.equal(code, 2);
    assert.match(err, /linux, rfc9293/);
  });
});
