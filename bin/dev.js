#!/usr/bin/env node
// Runs the command line from its source: no build in between.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, settings } from '@oclif/core';
import { register } from 'tsx/esm/api';

register();
settings.enableAutoTranspile = false;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
pjson.oclif = JSON.parse(JSON.stringify(pjson.oclif).replace(/\.\/dist\/([^"]+)\.js"/g, './src/$1.ts"'));
await execute({ loadOptions: { root, pjson, ignoreManifest: true, userPlugins: false, devPlugins: false } });
// everything is written by now; a mounted program may have left a timer or a socket open
process.exit();
