import { createRequire } from 'node:module';
import type * as Oclif from '@oclif/core';

// Required, not imported: Node reads every file of an imported CommonJS package from end to end for the names in it, at each start. And
// part by part: the package as a whole loads half as much again, which nothing here uses.
const load = createRequire(import.meta.url);
type Core = typeof Oclif;

/** The parts of oclif that commands are made of. */
export const Args = load('@oclif/core/args') as Core['Args'];
export const Errors = load('@oclif/core/errors') as Core['Errors'];
export const Flags = load('@oclif/core/flags') as Core['Flags'];
export const { Command } = load('@oclif/core/command') as Pick<Core, 'Command'>;
export const { Help } = load('@oclif/core/help') as Pick<Core, 'Help'>;

export type { Interfaces } from '@oclif/core';
