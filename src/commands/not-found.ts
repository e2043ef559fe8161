import { existsSync } from 'node:fs';
import type { Hook } from '@oclif/core';
import { nearest } from '../trace/nearest.ts';
import { Exit } from './failure.ts';

/** A word that is no command: perhaps a file, a scenario, something to explain, or a misspelling. */
const notFound: Hook<'command_not_found'> = async function (options) {
  const word = options.id.replaceAll(':', ' ').split(' ')[0]!;
  const commands = options.config.commandIDs.filter((id) => !id.includes(':'));
  process.stderr.write(`rxpath: ${word} is not a command. ${await next(word, commands)}\n`);
  this.exit(Exit.usage);
};

export default notFound;

async function next(word: string, commands: readonly string[]): Promise<string> {
  if (/\.scn(\.json)?$/.test(word)) return `To play that script: rxpath run ${word}`;
  if (existsSync(word)) return `To look into that file: rxpath analyze ${word}`;
  const near = nearest(word, commands, 1)[0];
  if (near !== undefined) return `Did you mean rxpath ${near}?`;
  const { shipped } = await import('./scenario-library.ts');
  if (shipped().some(({ name }) => name === word)) return `To play that scenario: rxpath run ${word}`;
  const { lookUp } = await import('../report/explain/explain.ts');
  if (lookUp(word) !== null) return `What it means: rxpath explain ${word}`;
  return `Commands: ${commands.join(', ')}. Help: rxpath --help`;
}
