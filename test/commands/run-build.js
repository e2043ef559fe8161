// What bin/run.js does, for the build in the folder that RXPATH_BUILD names.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { execute } = createRequire(import.meta.url)('@oclif/core');

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
pjson.oclif = JSON.parse(JSON.stringify(pjson.oclif).replaceAll('./dist/', `./${process.env.RXPATH_BUILD}/`));
await execute({ loadOptions: { root, pjson, ignoreManifest: true, userPlugins: false, devPlugins: false } });
process.exit();
