import { createRequire } from 'node:module';
import type * as Oclif from '@oclif/core';

/**
 * The parts of oclif that commands are made of. Required, not imported: Node reads every file of an imported CommonJS package from end
 * to end for the names in it, at each start.
 */
export const { Args, Command, Errors, Flags, Help } = createRequire(import.meta.url)('@oclif/core') as typeof Oclif;

export type { Interfaces } from '@oclif/core';
