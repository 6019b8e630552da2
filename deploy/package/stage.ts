import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Options, transformFile } from '@swc/core';
import { headOf } from '#cli/version/version.ts';
import { type CheckoutManifest, manifestOf } from './manifest.ts';
import { type LockEntries, shrinkwrapOf } from './shrinkwrap.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Folders of sources: TypeScript is compiled, everything else is copied. */
const SOURCES = ['packages', 'services'];

const COPIED = ['README.md', 'LICENSE', 'CHANGELOG.md', 'deploy/capi-relay.sample.yaml'];

/** The types of the compiler lack `rewriteRelativeImportExtensions`, which it has. */
const JSC = {
  parser: { syntax: 'typescript' },
  target: 'es2024',
  transform: { verbatimModuleSyntax: true },
  rewriteRelativeImportExtensions: true,
} as const;

const COMPILER: Options = {
  swcrc: false,
  configFile: false,
  sourceMaps: true,
  module: { type: 'es6' },
  jsc: JSC,
};

/** The public types. They are those of the schema; a person who writes YAML does not need them. */
const TYPES = `import type { z } from 'zod';
import type { fileSchema } from './packages/config/schema/configuration-file.ts';

/** The configuration file, as it is written: what has a default may be left out. */
export type WrittenConfiguration = z.input<typeof fileSchema>;
`;

/**
 * Writes what the package contains into a folder, and nothing else.
 * @param name that of the package; null keeps the one of the checkout
 */
export async function stagePackage(folder: string, name: string | null): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = await filesIn(SOURCES);
  await Promise.all([
    declareTypes(folder),
    writeManifest(folder, name),
    writeCommit(folder),
    ...files.map((file) => (file.endsWith('.ts') ? compile(file, folder) : copy(file, folder))),
    ...COPIED.map((file) => copy(file, folder)),
    ...(await pages()).map((file) => copy(file, folder)),
  ]);
}

/** Packs a staged package as npm does. @returns the path of the tarball */
export async function packStaged(folder: string, into: string): Promise<string> {
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', into];
  const { stdout } = await run('npm', args, { cwd: folder });
  return join(into, stdout.trim().split('\n').at(-1) ?? '');
}

async function filesIn(folders: readonly string[]): Promise<string[]> {
  const found = folders.map(async (top) => {
    const entries = await readdir(join(ROOT, top), { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(ROOT.length + 1));
  });
  return (await Promise.all(found)).flat();
}

/** The documentation without its images, which are larger than all the code; with the examples. */
async function pages(): Promise<string[]> {
  const names = await readdir(join(ROOT, 'docs'));
  const own = names.filter((name) => /\.(md|json|1)$/.test(name)).map((name) => `docs/${name}`);
  return [...own, ...(await filesIn(['docs/examples']))];
}

async function compile(file: string, folder: string): Promise<void> {
  const { code, map } = await transformFile(join(ROOT, file), {
    ...COMPILER,
    sourceFileName: basename(file),
  });
  const target = join(folder, file.replace(/\.ts$/, '.js'));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, `${code}//# sourceMappingURL=${basename(target)}.map\n`);
  await writeFile(`${target}.map`, map ?? '');
}

async function copy(file: string, folder: string): Promise<void> {
  const target = join(folder, file);
  await mkdir(dirname(target), { recursive: true });
  await cp(join(ROOT, file), target);
}

/** Emits the types of the configuration with those that they are made of. */
async function declareTypes(folder: string): Promise<void> {
  await run(join(ROOT, 'node_modules/.bin/tsc'), [
    ...['-p', import.meta.dirname],
    ...['--outDir', folder],
  ]);
  await writeFile(join(folder, 'configuration.d.ts'), TYPES);
}

async function writeManifest(folder: string, name: string | null): Promise<void> {
  const checkout = await readJson<CheckoutManifest>('package.json');
  const manifest = manifestOf(checkout, name);
  const lock = await readJson<{ packages: LockEntries }>('package-lock.json');
  const { version, dependencies, bin, engines, license } = manifest;
  const root = { name: manifest.name, version, license, dependencies, bin, engines };
  const head = { name: manifest.name, version, lockfileVersion: 3, requires: true };
  const shrinkwrap = { ...head, packages: shrinkwrapOf(lock.packages, root) };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const text = `${JSON.stringify(shrinkwrap, null, 2)}\n`;
  await writeFile(join(folder, 'npm-shrinkwrap.json'), text);
}

/** What `capi-relay version` says of the package; nothing where the sources are no checkout. */
async function writeCommit(folder: string): Promise<void> {
  const commit = headOf(ROOT);
  if (commit !== null) await writeFile(join(folder, 'commit'), `${commit}\n`);
}

/** A file of this repository, whose form is ours. */
async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(join(ROOT, file), 'utf8')) as T;
}
