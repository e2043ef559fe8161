import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Which rooms a room may import from, beside itself. */
const ALLOWED: Record<string, readonly string[]> = {
  wire: [],
  trace: [],
  capture: ['wire'],
  host: ['wire', 'trace'],
  server: ['host/sockets.ts', 'host/config.ts', 'trace', 'wire'],
  replay: ['wire', 'capture', 'host', 'server', 'trace'],
  scenario: ['wire', 'capture', 'host', 'server', 'trace'],
  report: ['trace', 'wire'],
  // the host on a real network; what a run ends with is told as a replay tells it
  live: ['wire', 'trace', 'host', 'server', 'replay/endings.ts'],
  commands: ['wire', 'trace', 'capture', 'host', 'server', 'replay', 'scenario', 'report', 'live'],
};

/** Packages and Node modules that only some rooms may use. */
const RESERVED: readonly [pattern: RegExp, rooms: readonly string[]][] = [
  [/^@oclif\//, ['commands']],
  [/^(chalk|cli-table3|cli-progress)$/, ['report']],
  [/^(node:)?(fs|fs\/promises)$/, ['capture', 'commands']],
  [/^(pcap-parser)$/, ['capture']],
  [/^(http-parser-js)$/, ['server']],
  // an optional dependency: only who opens a real interface needs it
  [/^koffi$/, ['live']],
];

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  /** It brings types alone, and is gone when the program runs. */
  readonly isType: boolean;
}

function imports(): Import[] {
  const found: Import[] = [];
  for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const text = readFileSync(join(src, file), 'utf8');
    for (const match of text.matchAll(/(?:^(?:import|export) (type )?(?:[^;']*?\s)?from|import)\s*\(?\s*'([^']+)'/gm)) {
      found.push({ file, room: file.split('/')[0]!, target: match[2]!, isType: match[1] !== undefined });
    }
  }
  return found;
}

/** Ways that lead back to where they begin, one for each circle met. */
function circles(arrows: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (at: string, way: readonly string[]): void => {
    const met = way.indexOf(at);
    if (met >= 0) found.push([...way.slice(met), at]);
    if (met >= 0 || done.has(at)) return;
    for (const to of arrows.get(at) ?? []) walk(to, [...way, at]);
    done.add(at);
  };
  for (const from of arrows.keys()) walk(from, []);
  return found;
}

describe('import directions', () => {
  const all = imports();

  it('are read at all', () => assert.ok(all.length > 100, `${all.length} imports found`));

  it('lead from each room only to the rooms that it may know', () => {
    const wrong = all.filter(({ file, room, target }) => {
      if (!target.startsWith('.')) return false;
      const to = relative(src, resolve(src, dirname(file), target));
      const toRoom = to.split('/')[0]!;
      if (toRoom === room) return false;
      return !ALLOWED[room]?.some((allowed) => to === allowed || toRoom === allowed);
    });
    assert.deepEqual(wrong, []);
  });

  it('lead in no circle, but for the functions of one TCP, which call each other', () => {
    const values = new Map<string, string[]>();
    for (const { file, target, isType } of all) {
      if (isType || !target.startsWith('.') || file.startsWith('host/tcp/')) continue;
      values.set(file, [...(values.get(file) ?? []), relative(src, resolve(src, dirname(file), target))]);
    }
    assert.deepEqual(circles(values), []);
  });

  it('lead one way between the folders of the scenario room', () => {
    const folders = new Map<string, string[]>();
    for (const { file, room, target } of all) {
      if (room !== 'scenario' || !target.startsWith('.')) continue;
      const from = dirname(file);
      const to = dirname(relative(src, resolve(src, from, target)));
      if (to.startsWith('scenario') && to !== from) folders.set(from, [...(folders.get(from) ?? []), to]);
    }
    assert.ok(folders.size > 5);
    assert.deepEqual(circles(folders), []);
  });

  it('keep files, terminals and command lines to their rooms', () => {
    const wrong = all.filter(({ room, target }) =>
      RESERVED.some(([pattern, rooms]) => pattern.test(target) && !rooms.includes(room)),
    );
    assert.deepEqual(wrong, []);
  });

  it('keep clocks and chance out of the simulated machine', () => {
    // `live` has the one clock that drives a host: real time
    const rooms = ['wire', 'trace', 'host', 'server', 'replay'];
    const wrong: string[] = [];
    for (const file of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || !rooms.includes(file.split('/')[0]!)) continue;
      if (/Math\.random|Date\.now|new Date\(\)|performance\.now|hrtime|randomBytes/.test(readFileSync(join(src, file), 'utf8')))
        wrong.push(file);
    }
    assert.deepEqual(wrong, []);
  });
});
