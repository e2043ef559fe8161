import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateClosed } from '../report/lines-of.ts';
import { inProcess } from './in-process.ts';
import { BIN, ENV, ROOT } from './run.ts';

/** Why nothing can be served here; empty: it can. */
function obstacle(): string {
  if (process.platform !== 'linux') return 'this is not Linux';
  if (process.getuid!() !== 0) return 'not root';
  if (!existsSync('/dev/net/tun')) return 'no /dev/net/tun';
  if (!existsSync(`${ROOT}node_modules/koffi`)) return 'koffi is not installed';
  if (spawnSync('unshare', ['-n', 'true']).status !== 0) return 'no network namespace can be made (unshare -n)';
  if (spawnSync('unshare', ['-n', 'ip', 'link', 'set', 'lo', 'up']).status !== 0) return 'no ip command';
  return '';
}

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

const MEGABYTE = 1 << 20;
const SERVER = `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24
route 0.0.0.0/0 via 10.0.0.2
listen tcp 80
listen tcp 7 program echo
site www
`;

/** Answers of the server that a client has got: hashes of a megabyte down and up, and how many of 200 requests on 50 connections were right. */
const CLIENT = `
  import { createHash } from 'node:crypto';
  import { readFileSync } from 'node:fs';
  import http from 'node:http';
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const big = readFileSync('www/big.bin');
  const ask = (agent, method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ agent, host: '10.0.0.1', method, path, headers: body ? { 'content-length': body.length } : {} }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(parts) }));
    });
    request.on('error', reject);
    request.end(body);
  });
  const one = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const down = await ask(one, 'GET', '/big.bin');
  const up = await ask(one, 'PUT', '/up.bin', big);
  const back = await ask(one, 'GET', '/up.bin');
  one.destroy();
  const many = new http.Agent({ keepAlive: true, maxSockets: 50 });
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask(many, 'GET', '/')));
  many.destroy();
  const right = answers.filter(({ status, body }) => status === 200 && body.toString() === 'hello').length;
  console.log(JSON.stringify({ down: hash(down.body) === hash(big), up: up.status, back: hash(back.body) === hash(big), right }));
`;

describe('rxpath serve, asked for what cannot be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxpath-'));
  const scn = join(folder, 'my.scn');
  before(() => writeFileSync(scn, 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24\nlisten tcp 80\n'));
  after(() => rmSync(folder, { recursive: true }));

  for (const [args, message] of [
    [[], /^rxpath: no interface is named: --tap NAME\. Example: rxpath serve/],
    [['--tap', 'tap0'], /^rxpath: no server file is named: --server FILE\.scn\. Example/],
    [['--tap', 'tap0', '--server', scn, '--address', '10.0.0'], /^rxpath: --address 10\.0\.0 is not an IP address/],
    [
      ['--tap', 'tap0', '--server', scn, '--address', '10.0.0.1/24'],
      /^rxpath: --address: 10\.0\.0\.1 is the server’s own address: this machine needs another\. Example: --address 10\.0\.0\.2\/24\n/,
    ],
    [['--tap', 'a name that is too long', '--server', scn], /^rxpath: no interface can be called "a name that is too long"/],
    [['--tap', 'tap0', '--server', scn, '--quiet', '--json'], /--quiet/],
  ] as const) {
    it(`says what to do: ${args.slice(0, 2).join(' ')}${args.length > 4 ? ` … ${args.slice(4).join(' ')}` : ''}`, async function () {
      if (process.platform !== 'linux') this.skip();
      const { code, out, err } = await inProcess(['serve', ...args]);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, message);
      assert.equal(err.split('\n').length, 2);
    });
  }
});

describe('rxpath serve, in a network namespace', () => {
  let folder: string;

  before(function () {
    const reason = obstacle();
    if (reason !== '') {
      process.stderr.write(`    serve is not tested with real clients: ${reason}\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), 'rxpath-'));
    const bytes = Buffer.alloc(MEGABYTE);
    for (let i = 0, x = 1; i < MEGABYTE; i++) bytes[i] = (x = (Math.imul(x, 1103515245) + 12345) >>> 0) >>> 16;
    assert.equal(spawnSync('mkdir', [join(folder, 'www')]).status, 0);
    writeFileSync(join(folder, 'www/big.bin'), bytes);
    writeFileSync(join(folder, 'www/index.html'), 'hello');
    writeFileSync(join(folder, 'my.scn'), SERVER);
    writeFileSync(join(folder, 'client.mjs'), CLIENT);
  });
  after(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  /** Runs lines of bash beside a host that is served until they are through; gives what they and the host said. */
  function beside(script: string, ...flags: readonly string[]): { clients: string; code: number; out: string; err: string } {
    const line = `
      ip link set lo up
      : >err
      "$NODE" "$BIN" serve --tap tap0 --server my.scn --address 10.0.0.2/24 ${flags.join(' ')} >out 2>err &
      served=$!
      for i in $(seq 200); do grep -q Ctrl-C err && break; sleep 0.05; done
      { ${script}
      } 2>&1
      kill -INT $served; wait $served; echo $? >code`;
    const env = { ...ENV, NODE: process.execPath, BIN };
    const { stdout } = spawnSync('unshare', ['-n', 'bash', '-c', line], { cwd: folder, env, maxBuffer: 1 << 26 });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    return { clients: stdout.toString(), code: Number(read('code')), out: read('out'), err: read('err') };
  }

  it('gives a client of Node a megabyte, takes one, and serves 50 connections', () => {
    const { clients, code, out, err } = beside('"$NODE" client.mjs', '--quiet');
    assert.deepEqual(JSON.parse(clients), { down: true, up: 201, back: true, right: 200 }, err);
    assert.equal(code, 0);
    assert.match(out, /203 requests, 203 answered\n$/);
    assert.match(
      err,
      /^rxpath: the host answers behind tap0 \(this machine is 10\.0\.0\.2 there\): curl http:\/\/10\.0\.0\.1\/; Ctrl-C/,
    );
  });

  it('loses nothing on a lossy way', function () {
    if (!has('nft') || !has('nsenter')) {
      process.stderr.write('      no lossy link: nft or nsenter is missing\n');
      this.skip();
    }
    // the client is one router away, and the router drops 3 of 100 packets in both directions
    const { clients, code } = beside(
      `unshare -n sleep 60 & far=$!
      sleep 0.2
      in="nsenter -t $far -n"
      ip link add v0 type veth peer name v1 && ip link set v1 netns $far
      ip addr add 10.1.0.1/24 dev v0; ip link set v0 up
      $in ip addr add 10.1.0.2/24 dev v1; $in ip link set v1 up; $in ip route add default via 10.1.0.1
      echo 1 >/proc/sys/net/ipv4/ip_forward
      nft add table ip t && nft 'add chain ip t f { type filter hook forward priority 0; }'
      nft 'add rule ip t f numgen random mod 100 < 3 counter drop' && echo lossy
      $in "$NODE" client.mjs
      nft list table ip t | grep -o 'packets [0-9]*'
      kill $far`,
      '--quiet',
    );
    if (!clients.includes('lossy\n')) {
      process.stderr.write('      no lossy link: this kernel drops nothing at random (nft numgen)\n');
      this.skip();
    }
    const [, answer, lost] = /^(\{.*\})\npackets (\d+)$/m.exec(clients) ?? assert.fail(clients);
    assert.deepEqual(JSON.parse(answer!), { down: true, up: 201, back: true, right: 200 });
    assert.ok(Number(lost) > 10, `${lost} packets were lost`);
    assert.equal(code, 0);
  });

  it('tells of each frame as JSON, and writes a capture of both directions', async function () {
    if (!has('ping')) this.skip();
    const { clients, code, out, err } = beside('ping -c 3 -i 0.1 10.0.0.1', '--json', '--capture all.pcapng');
    assert.match(clients, /3 packets transmitted, 3 received/);
    assert.equal(code, 0);
    const lines = out.trimEnd().split('\n');
    for (const line of lines) assert.ok(validateClosed(JSON.parse(line)), line);
    assert.equal(JSON.parse(lines[0]!).command, 'serve');
    assert.equal(lines.filter((line) => line.includes('"decision":"icmp_echo_request"')).length, 3);
    assert.equal(JSON.parse(err.split('\n')[0]!).type, 'serving');
    const again = await inProcess(['analyze', join(folder, 'all.pcapng'), '--host', '10.0.0.1', '--json']);
    assert.equal(again.code, 0);
    assert.equal(again.out.split('\n').filter((line) => line.includes('"decision":"icmp_echo_request"')).length, 3);
  });

  it('answers curl in HTTP/1.0 and 1.1 with one connection kept', function () {
    if (!has('curl')) this.skip();
    const { clients, out } = beside(
      `url=http://10.0.0.1/
      curl -s -m 5 -0 -w ' %{http_code} %{num_connects}\\n' $url
      curl -s -m 5 -w ' %{http_code} %{num_connects}\\n' $url $url
      curl -s -m 5 -T www/big.bin -o /dev/null -w '%{http_code}\\n' \${url}new
      curl -s -m 5 \${url}new | cmp - www/big.bin && echo same`,
    );
    assert.equal(clients, 'hello 200 1\nhello 200 1\nhello 200 0\n201\nsame\n');
    assert.match(
      out,
      /→ ● deliver server 10\.0\.0\.2:\d+ > 10\.0\.0\.1:80 {2}TCP PA seq 1:\d+\(\d+\) .* http_request_complete\n/,
    );
    assert.match(out, /\nDrops\n[\s\S]*\nSockets {2}\d+\n[\s\S]*\nHTTP {2}5\n/);
    assert.match(out, /5 requests, 5 answered\n$/);
  });

  it('answers ab, and nc', function () {
    if (!has('ab') && !has('nc')) this.skip();
    const { clients } = beside(
      `if which ab >/dev/null; then ab -q -n 500 -c 50 http://10.0.0.1/ | grep -E '^(Complete|Failed)'; fi
      if which nc >/dev/null; then { cat www/big.bin; sleep 0.3; } | nc -q 1 -w 3 10.0.0.1 7 | cmp - www/big.bin && echo echoed; fi`,
      '--quiet',
    );
    if (has('ab')) assert.match(clients, /Complete requests: +500\nFailed requests: +0\n/);
    if (has('nc')) assert.match(clients, /echoed\n$/);
  });

  it('says so when the interface is taken away', () => {
    const { code, err } = beside('ip link del tap0; sleep 0.3');
    assert.equal(code, 3);
    assert.match(err, /\nrxpath: the interface tap0 was taken away\n$/);
  });
});
