import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { packStaged, stagePackage } from './stage.ts';

/* Builds the npm package: compiled code that runs on Node 22 and 24 wherever npm can install it. */

const OUTPUT = join(import.meta.dirname, '../../.local');

const { values } = parseArgs({ options: { name: { type: 'string' } } });
const folder = join(OUTPUT, 'package');
await mkdir(OUTPUT, { recursive: true });
await stagePackage(folder, values.name ?? null);
const tarball = relative(process.cwd(), await packStaged(folder, OUTPUT));
process.stdout.write(`${tarball}\nInstall it anywhere: npm install --ignore-scripts ${tarball}\n`);
