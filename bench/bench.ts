/**
 * Packets a second and peak memory of rxpath's own ways through a capture, and of other tools where they are installed, in one run:
 *   npm run bench                      captures made here, in bench/out, and a script of 100,000 connections with losses
 *   npm run bench -- FILE.pcap …       yours
 *   RUNS=5 npm run bench               the median of five runs each (default 3)
 * Build first: it measures dist, as installed. Compare the ratios, not the numbers: machines differ and drift.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { openCapture } from '../src/capture/capture.ts';
import { Frame } from '../src/wire/frame.ts';
import { generateCaptures } from './generate.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const RUNS = Number(process.env.RUNS ?? 3);
const LIMIT_MS = 120_000;
const WALK = join(here, 'out', 'walk.js');

interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: (file: string) => string[];
  /** Command that must answer for the contestant to take part; absent: always does. */
  readonly needs?: string;
}

const node = process.execPath;
const CONTESTANTS: readonly Contestant[] = [
  { name: 'record walk', command: node, args: (file) => [WALK, file] },
  { name: 'pcap-parser walk', command: node, args: (file) => ['--no-deprecation', join(here, 'walk-pcap-parser.js'), file] },
  { name: 'rxpath analyze (summary)', command: node, args: (file) => [run, 'analyze', file] },
  { name: 'rxpath analyze --json', command: node, args: (file) => [run, 'analyze', file, '--json'] },
  { name: 'tcpdump -nr', command: 'tcpdump', args: (file) => ['-nr', file], needs: 'tcpdump' },
  { name: 'tcptrace', command: 'tcptrace', args: (file) => ['-q', file], needs: 'tcptrace' },
  { name: 'tshark -q -z conv,tcp', command: 'tshark', args: (file) => ['-r', file, '-q', '-z', 'conv,tcp'], needs: 'tshark' },
];

interface Measure {
  readonly seconds: number;
  /** MiB; NaN where the system does not tell. */
  readonly peak: number;
}

await build({
  entryPoints: [join(here, 'walk.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: WALK,
  logLevel: 'warning',
});
const files = process.argv.length > 2 ? process.argv.slice(2) : await generateCaptures(join(here, 'out'));
for (const file of files) await compare(file);
if (process.argv.length === 2) await play(join(here, 'connections.scn'));

/** Packets a second of a script: those that reach its server, and those that the server sends. */
async function play(script: string): Promise<void> {
  const args = [run, 'run', script, '--drops'];
  const { status } = spawnSync(node, [run, 'generate', script, '-o', join(here, 'out', 'connections.pcap')]);
  const packets = status === 0 ? await count(join(here, 'out', 'connections.pcap')) : 0;
  const measures: Measure[] = [];
  for (let i = 0; i < RUNS; i++) {
    const one = await measure(node, args);
    if (one !== null) measures.push(one);
  }
  console.log(`\n${basename(script)}: ${packets} packets, median of ${RUNS}`);
  if (measures.length === 0) console.log('failed, or took too long');
  else console.log(row('rxpath run', packets, measures));
}

async function compare(file: string): Promise<void> {
  const packets = await count(file);
  const megabytes = statSync(file).size / 1e6;
  console.log(`\n${basename(file)}: ${packets} packets, ${megabytes.toFixed(0)} MB, median of ${RUNS}`);
  console.log(`${'command'.padEnd(28)}${'seconds'.padStart(9)}${'packets/s'.padStart(12)}${'peak MiB'.padStart(10)}`);
  const taken = new Map<Contestant, Measure[]>();
  // in turn, so that a machine that is slower for a while is so for all
  for (let i = 0; i < RUNS; i++) {
    for (const contestant of CONTESTANTS) {
      if (!isInstalled(contestant)) continue;
      const measures = taken.get(contestant) ?? [];
      taken.set(contestant, measures);
      if (i === 0 || measures.length > 0) {
        const one = await measure(contestant.command, contestant.args(file));
        if (one !== null) measures.push(one);
      }
    }
  }
  for (const contestant of CONTESTANTS) {
    const measures = taken.get(contestant);
    if (measures === undefined || measures.length === 0) {
      const why = measures === undefined ? 'not installed' : 'failed, or took too long';
      console.log(`${contestant.name.padEnd(28)}${why.padStart(31)}`);
      continue;
    }
    console.log(row(contestant.name, packets, measures));
  }
}

function row(name: string, packets: number, measures: Measure[]): string {
  measures.sort((a, b) => a.seconds - b.seconds);
  const { seconds } = measures[measures.length >> 1]!;
  const peak = Math.max(...measures.map((each) => each.peak));
  const shown = Number.isNaN(peak) ? '-' : peak.toFixed(0);
  return `${name.padEnd(28)}${seconds.toFixed(2).padStart(9)}${String(Math.round(packets / seconds)).padStart(12)}${shown.padStart(10)}`;
}

function isInstalled({ needs }: Contestant): boolean {
  return needs === undefined || spawnSync('which', [needs]).status === 0;
}

async function count(file: string): Promise<number> {
  const capture = await openCapture([file]);
  const frame = new Frame();
  do {
    while (capture.next(frame));
  } while (await capture.fill());
  await capture.close();
  return capture.frameCount;
}

/** Null: it failed, or did not end in time. */
function measure(command: string, args: string[]): Promise<Measure | null> {
  return new Promise((resolve, reject) => {
    const begin = process.hrtime.bigint();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore'], timeout: LIMIT_MS });
    let peak = Number.NaN;
    const watch = setInterval(() => {
      const now = peakOf(child.pid);
      if (!Number.isNaN(now)) peak = now;
    }, 10);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearInterval(watch);
      resolve(code === 0 ? { seconds: Number(process.hrtime.bigint() - begin) / 1e9, peak } : null);
    });
  });
}

/** Linux keeps the highest resident size of a living process; elsewhere nothing is said. */
function peakOf(pid: number | undefined): number {
  try {
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return match === null ? Number.NaN : Number(match[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
