import type { Script, Statement, StepStatement } from '../tree/script.ts';

/** Frames that a step makes at the server, more or less. */
const FRAMES: Readonly<Record<string, number>> = {
  connect: 3,
  send: 1,
  request: 2,
  close: 2,
  udp: 1,
  ping: 1,
  arp: 1,
  wire: 1,
  hex: 1,
};
const REPLAYED = 50;

/** About how many frames there will be: decides how a run is told, and nothing else. */
export function guessFrames(script: Script): number {
  return guess(script.statements);
}

function guess(statements: readonly (Statement | StepStatement)[]): number {
  let frames = 0;
  for (const statement of statements) {
    if (statement.type === 'include') frames += statement.script === null ? 0 : guess(statement.script.statements);
    else if (statement.type === 'repeat') frames += rounds(statement.count) * guess(statement.body);
    else if (statement.type === 'for') {
      const { values } = statement;
      const count =
        values.type === 'list' ? values.words.length : (rounds(values.last) - rounds(values.first) + values.step) / values.step;
      frames += Math.max(1, count) * guess(statement.body);
    } else if (statement.type === 'replay') frames += REPLAYED;
    else {
      const type = statement.type === 'pattern' ? (statement.step as { type: string }).type : statement.type;
      frames += FRAMES[type] ?? 0;
    }
  }
  return frames;
}

function rounds(value: unknown): number {
  return typeof value === 'number' ? value : 10;
}
