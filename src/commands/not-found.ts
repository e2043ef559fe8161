import { existsSync } from 'node:fs';
import type { Hook } from '@oclif/core';
import { nearest } from '../trace/nearest.ts';
import { Exit } from './failure.ts';

/** A word that is no command: perhaps a capture, perhaps a misspelling. */
const notFound: Hook<'command_not_found'> = async function (options) {
  const word = options.id.replaceAll(':', ' ');
  const first = word.split(' ')[0]!;
  const near = nearest(first, options.config.commandIDs, 1)[0];
  const next = existsSync(first)
    ? `To look into that file: rxpath analyze ${first}`
    : near === undefined
      ? `Commands: ${options.config.commandIDs.filter((id) => !id.includes(':')).join(', ')}. Help: rxpath --help`
      : `Did you mean rxpath ${near}?`;
  process.stderr.write(`rxpath: ${first} is not a command. ${next}\n`);
  this.exit(Exit.usage);
};

export default notFound;
