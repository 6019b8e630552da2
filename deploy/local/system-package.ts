import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './server.ts';

const run = promisify(execFile);

/** Timeout of apt-get, in ms, so that a mirror that hangs is reported. */
const APT_TIMEOUT_MS = 300_000;

/** A package of Debian or Ubuntu, and its purpose. */
interface SystemPackage {
  readonly name: string;
  /** What needs it, such as `redis-server`. */
  readonly purpose: string;
}

/**
 * The path of a program, whose package is installed if none of its names is on the PATH.
 * @throws Error when it is not there and cannot be installed
 */
export async function installedProgram(
  names: readonly string[],
  wanted: SystemPackage,
  say: Say,
): Promise<string> {
  const find = () => names.map(findProgram).find((path) => path !== null);
  const found = find();
  if (found !== undefined) return found;
  await installPackage(wanted, say);
  const installed = find();
  if (installed !== undefined) return installed;
  throw new Error(`apt-get installed ${wanted.name}, but ${names[0]} is not on the PATH`);
}

/**
 * Installs a package and its dependencies with apt-get.
 * @throws Error when apt-get is missing or not permitted, or the package cannot be fetched
 */
async function installPackage(wanted: SystemPackage, say: Say): Promise<void> {
  requireApt(wanted);
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && findProgram('sudo') === null) {
    throw new Error(`${wanted.purpose} is not installed, and only root can install it`);
  }
  say(`Installing ${wanted.name} with apt-get, for ${wanted.purpose} (once) …`);
  const asRoot = isRoot ? [] : ['sudo', '-n'];
  await withClearErrors(wanted, async () => {
    // A package list that cannot be fetched may not be the one that is needed.
    await apt(asRoot, ['update']).catch(() => {});
    await apt(asRoot, ['install', '-y', '--no-install-recommends', wanted.name]);
  });
}

/**
 * Fetches a package with apt-get and unpacks it into the cache, once: for a program without
 * dependencies whose installation would start a system service. Needs no root if the package lists
 * are there.
 * @returns the folder of its files
 * @throws Error when apt-get is missing or the package cannot be fetched
 */
export async function unpackPackage(wanted: SystemPackage, say: Say): Promise<string> {
  const folder = join(cacheFolder(), 'packages', wanted.name);
  if ((await readdir(folder).catch(() => [])).length > 0) return folder;
  requireApt(wanted);
  say(`Fetching ${wanted.name} with apt-get, for ${wanted.purpose} (once) …`);
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.`);
  try {
    await withClearErrors(wanted, async () => {
      const download = () => apt([], ['download', wanted.name], work);
      await download().catch(async () => {
        await apt(process.getuid?.() === 0 ? [] : ['sudo', '-n'], ['update']).catch(() => {});
        await download();
      });
    });
    const file = (await readdir(work)).find((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error(`apt-get fetched no file of ${wanted.name}`);
    await run('dpkg', ['-x', join(work, file), join(work, 'files')]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, 'files'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

function requireApt({ purpose }: SystemPackage): void {
  if (findProgram('apt-get') !== null) return;
  throw new Error(`${purpose} is not installed, and there is no apt-get to install it with`);
}

async function apt(
  asRoot: readonly string[],
  args: readonly string[],
  folder?: string,
): Promise<void> {
  const words = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
  const [command = 'env', ...rest] = words;
  await run(command, rest, { timeout: APT_TIMEOUT_MS, ...(folder && { cwd: folder }) });
}

async function withClearErrors(wanted: SystemPackage, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const words = (stderr || message).trim().slice(-300);
    throw new Error(`${wanted.purpose} could not be installed from ${wanted.name}: ${words}`);
  }
}

/** The path of a program on the PATH, or null. */
export function findProgram(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** The user's folder for what is fetched once. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'capi-relay');
}
