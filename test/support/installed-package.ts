import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packStaged, stagePackage } from '#package/stage.ts';
import { inRepository } from './in-repository.ts';

const run = promisify(execFile);

/** True asks for npm's own installation, which takes minutes where the registry is slow. */
const WITH_NPM = 'PACKAGE_WITH_NPM';

const NATIVE = /lz4-napi|snappy|msgpackr-extract/;

/**
 * Builds the package and installs its tarball into an empty folder: with npm when the environment
 * says so. Otherwise it is unpacked, and gets links to what its lock names and to nothing else, without
 * the native modules, as npm may leave it.
 * @returns the folder of the installed package
 */
export async function installPackage(folder: string): Promise<string> {
  const stage = join(folder, 'stage');
  await stagePackage(stage, null);
  const tarball = await packStaged(stage, folder);
  const elsewhere = join(folder, 'elsewhere');
  const installed = join(elsewhere, 'node_modules/capi-relay');
  await mkdir(installed, { recursive: true });
  await writeFile(join(elsewhere, 'package.json'), '{ "private": true }');
  if (process.env[WITH_NPM] === undefined) await unpack(tarball, installed);
  else await installWithNpm(tarball, elsewhere);
  return installed;
}

async function installWithNpm(tarball: string, elsewhere: string): Promise<void> {
  const quick = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', '--ignore-scripts', ...quick, tarball], { cwd: elsewhere });
}

async function unpack(tarball: string, installed: string): Promise<void> {
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
  const lock = JSON.parse(await readFile(join(installed, 'npm-shrinkwrap.json'), 'utf8')) as {
    packages: Record<string, unknown>;
  };
  const places = Object.keys(lock.packages).filter(
    (place) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(place) && !NATIVE.test(place),
  );
  for (const place of places) {
    await mkdir(dirname(join(installed, place)), { recursive: true });
    await symlink(inRepository(place), join(installed, place));
  }
}
