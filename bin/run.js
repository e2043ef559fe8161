#!/usr/bin/env node
import module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// Node 22 keeps what it has compiled for the next start, in the folder for temporary files
module.enableCompileCache?.();

// an import of CommonJS would be read through for its names first, at each start; this part is all that is needed of it
const { execute } = createRequire(import.meta.url)('@oclif/core/execute');

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// nothing but the package itself: no plugins of a user's are looked for in the home folder
await execute({ loadOptions: { root, userPlugins: false, devPlugins: false } });
// everything is written by now; a mounted program may have left a timer or a socket open
process.exit();
