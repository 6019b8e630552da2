import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inRepository } from '#test/support/in-repository.ts';
import { copyOf, type Instruction, isSent, SENT, STAGES, type Stage } from '../dockerfile.ts';

const run = promisify(execFile);

/** Where Node is inside, because the base image cannot be fetched here: the Node of this machine's checkout. */
export const NODE_FOLDER = '/node';

/** What a base image would have: the programs and libraries of this machine, read-only. */
export const BASE = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind', path, path]),
  ...['--ro-bind', dirname(process.execPath), NODE_FOLDER],
  ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
];

const PATH = `${NODE_FOLDER}:/usr/bin:/bin`;

/** What the last stage says of its processes. */
export interface Assembled {
  /** The folder of the file system. */
  readonly root: string;
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
}

/**
 * Takes the steps of the Dockerfile as an engine takes them, one stage after the other, each in a file system of its
 * own. Only the base image is missing, for which the programs of this machine stand.
 */
export async function assembleImage(
  folder: string,
  bwrap: string,
  given: Readonly<Record<string, string>>,
): Promise<Assembled> {
  const roots = new Map<string, string>();
  let image: Assembled | null = null;
  for (const [at, stage] of STAGES.entries()) {
    const root = join(folder, `stage-${at}`);
    await mkdir(root, { recursive: true });
    await chmod(root, 0o755);
    image = await assembleStage(stage, root, { bwrap, roots, given });
    if (stage.name !== null) roots.set(stage.name, root);
  }
  if (image === null) throw new Error('the Dockerfile has no stage');
  return image;
}

interface Tools {
  readonly bwrap: string;
  /** Name of a stage → its file system. */
  readonly roots: ReadonlyMap<string, string>;
  /** What --build-arg gives. */
  readonly given: Readonly<Record<string, string>>;
}

async function assembleStage(
  { instructions }: Stage,
  root: string,
  tools: Tools,
): Promise<Assembled> {
  let workingFolder = '/';
  let entrypoint: string[] = [];
  const environment: Record<string, string> = {};
  const declared: Record<string, string> = {};
  for (const instruction of instructions) {
    const { name, text } = instruction;
    if (name === 'WORKDIR') {
      workingFolder = text;
      await mkdir(join(root, text), { recursive: true });
    } else if (name === 'COPY') await copy(instruction, join(root, workingFolder), tools);
    else if (name === 'RUN') await runStep(text, root, workingFolder, tools, declared);
    else if (name === 'ENV') {
      for (const pair of text.split(' ')) {
        const [key = '', value = ''] = pair.split('=');
        environment[key] = value;
      }
    } else if (name === 'ARG') {
      const [key = '', value = ''] = text.split('=');
      declared[key] = tools.given[key] ?? value;
    } else if (name === 'ENTRYPOINT') entrypoint = JSON.parse(text);
  }
  return { root, workingFolder, environment: { PATH, ...environment }, entrypoint };
}

async function copy(instruction: Instruction, into: string, { roots }: Tools): Promise<void> {
  const { from, sources, target } = copyOf(instruction);
  const folder = resolve(into, target);
  for (const source of sources) {
    if (from !== null) {
      await cp(join(roots.get(from) ?? '', source), folder, {
        recursive: true,
        verbatimSymlinks: true,
      });
    } else {
      for (const path of source === '.' ? SENT.kept : [source])
        await copySent(path, source, folder);
    }
  }
}

/** A file of the context goes under its own name, the context itself with its paths. */
async function copySent(path: string, source: string, folder: string): Promise<void> {
  const to = join(folder, source === '.' ? path : (path.split('/').at(-1) ?? ''));
  const context = inRepository('.');
  const filter = (from: string): boolean =>
    isSent(relative(context, from)) && !from.includes('/node_modules');
  await mkdir(dirname(to), { recursive: true });
  await cp(join(context, path), to, { recursive: true, filter });
}

/** The caches and the settings of this machine's npm, so that a registry is reached as it is here. */
function npmOfThisMachine(): string[] {
  const files = ['.npmrc', '.npm']
    .map((name) => join(homedir(), name))
    .filter((path) => existsSync(path));
  return ['--ro-bind', '/etc', '/etc', ...files.flatMap((path) => ['--bind', path, path])];
}

/** One RUN, with the arguments that its stage declares. */
async function runStep(
  text: string,
  root: string,
  workingFolder: string,
  { bwrap }: Tools,
  declared: Readonly<Record<string, string>>,
): Promise<void> {
  const sandbox = ['--bind', root, '/', ...BASE, ...npmOfThisMachine(), '--chdir', workingFolder];
  const env = { ...process.env, ...declared, NODE_OPTIONS: '', PATH };
  await run(bwrap, [...sandbox, 'sh', '-c', text], { env, maxBuffer: 64 * 1024 * 1024 });
}
