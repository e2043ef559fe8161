import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import type { Decided } from './recorded.ts';

/** What tshark finds wrong with a frame although the server has not refused it, and why the script wants it so. */
const MEANT: readonly { readonly script: RegExp; readonly wrong: RegExp; readonly why: string }[] = [
  { script: /^(firewall|first)$/, wrong: /^DNS$/, why: 'text that goes to port 53 is no DNS message' },
  { script: /^firewall-(more|states)$/, wrong: /^(ip|tcp|udp|TCP)$/, why: 'the packet filter drops it before it is looked at' },
  { script: /^capture-offload$/, wrong: /^(ip|tcp|udp)$/, why: 'captured before a card has filled in the checksums' },
  { script: /^capture-link-types$/, wrong: /^IEEE 802.11$/, why: 'captured under a link type that it does not have' },
  {
    script: /^capture-server-damaged$/,
    wrong: /^(ip|tcp|udp|icmp|icmpv6)$/,
    why: 'the server’s frames are damaged on their way',
  },
  { script: /^capture-against-the-rules$/, wrong: /^SCTP$/, why: 'text under a protocol’s number' },
];
const CHECKSUMS = ['eth.fcs', 'ip.checksum', 'tcp.checksum', 'udp.checksum', 'icmp.checksum', 'icmpv6.checksum'];

export const HAS_TSHARK = spawnSync('tshark', ['-v']).status === 0;

interface Named {
  readonly script: string;
  readonly n: number;
  readonly run: Decided | null;
}

/** The captures of many scripts in one file, read by tshark, which starts slowly. */
export class Dissection {
  private readonly file: string;
  private readonly frames: Named[] = [];

  constructor(file: string) {
    this.file = file;
  }

  /** A pcapng file is a row of sections, and so may be several. */
  add(script: string, capture: string, frames: readonly (Decided | null)[]): void {
    appendFileSync(this.file, readFileSync(capture));
    frames.forEach((run, i) => void this.frames.push({ script, n: i + 1, run }));
  }

  /** Nothing is wrong with a frame but what the server refuses, and what is meant to be. */
  check(): void {
    const { frames } = this;
    const found = dissect(this.file);
    assert.equal(found.length, frames.length);
    const used = new Set<string>();
    const wrong: string[] = [];
    found.forEach((what, i) => {
      const { script, n, run } = frames[i]!;
      if (run !== null && /^(drop|hold) /.test(run.verdict) && !run.verdict.endsWith('netfilter_drop')) return;
      for (const one of what) {
        const meant = MEANT.find((rule) => rule.script.test(script) && rule.wrong.test(one));
        if (meant === undefined) wrong.push(`${script} #${n}: ${one} (${run?.final ?? 'sent by the server'})`);
        else used.add(meant.why);
      }
    });
    const broken = found.filter((what) => what.length > 0).length;
    console.log(`      ${frames.length} frames, ${broken} malformed or with a wrong checksum, all on purpose`);
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      MEANT.map(({ why }) => why).filter((why) => !used.has(why)),
      [],
      'rules that are not needed any more',
    );
  }
}

/** What is wrong with each frame of the file: checksums, and protocols whose dissector gave up; nothing for most. */
function dissect(file: string): string[][] {
  const preferences = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE', 'eth.check_fcs:TRUE'];
  // many captures in one file: nothing is put together across them
  const apart = ['ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE'];
  const fields = ['_ws.malformed', ...CHECKSUMS.map((name) => `${name}.status`)];
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    [
      '-n',
      '-r',
      file,
      '-T',
      'fields',
      ...[...preferences, ...apart].flatMap((one) => ['-o', one]),
      ...fields.flatMap((one) => ['-e', one]),
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  assert.equal(status, 0, stderr);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [malformed = '', ...statuses] = line.split('\t');
      const protocols = [...malformed.matchAll(/\[Malformed Packet: ([^\]]*)\]/g)].map(([, protocol]) => protocol!);
      const sums = CHECKSUMS.filter((_, i) => statuses[i]!.split(',').includes('0'));
      return [...protocols, ...sums.map((name) => name.replace('.checksum', ''))];
    });
}
