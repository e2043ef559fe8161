#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '@oclif/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// nothing but the package itself: no plugins of a user's are looked for in the home folder
await execute({ loadOptions: { root, userPlugins: false, devPlugins: false } });
// everything is written by now; a mounted program may have left a timer or a socket open
process.exit();
