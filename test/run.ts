import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { changedFiles, filesLeft, processesLeft, RUN_VARIABLE } from './support/leftovers.ts';

/*
 * Runs the test suite as `make test` does: jest with a temporary folder of its own, as often as is
 * asked for. A run fails when a test fails, and also when it leaves a process or a file behind.
 */

const ROOT = join(import.meta.dirname, '..');
const COMPILED = join(ROOT, 'node_modules/.cache/node');
const USAGE = `Usage: node test/run.ts [--runs 10] [--seed 7] [jest's options and paths]

  --runs N   run the suite N times in a row; the first failure ends it
  --seed S   run the test files in a random order that S decides; each run draws another one
`;

const { values, positionals } = parseArgs({
  options: {
    runs: { type: 'string', default: '1' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
  // Everything else is jest's.
  args: ownFirst(process.argv.slice(2)),
});
const runs = Number(values.runs);
if (values.help || !Number.isInteger(runs) || runs < 1) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 2);
}

for (let run = 1; run <= runs; run += 1) {
  const seed = values.seed === undefined ? null : `${values.seed}-${run}`;
  if (runs > 1 || seed !== null) say(`run ${run} of ${runs}${seed ? `, order ${seed}` : ''}`);
  const code = await runOnce(seed, positionals);
  if (code !== 0) process.exit(code);
}

/** @returns the exit code: jest's, or 1 when jest passed and left something behind */
async function runOnce(seed: string | null, args: readonly string[]): Promise<number> {
  const id = randomBytes(8).toString('hex');
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-run-'));
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const before = changedFiles(ROOT);
  try {
    const code = await jest(args, {
      TMPDIR: temporary,
      [RUN_VARIABLE]: id,
      ...(seed === null ? {} : { TEST_ORDER_SEED: seed }),
    });
    const left = [
      ...(await processesLeft(id)),
      ...(await filesLeft(temporary)),
      ...changedFiles(ROOT).filter((line) => !before.includes(line)),
    ];
    for (const each of left) say(`left behind: ${each}`);
    return code === 0 && left.length > 0 ? 1 : code;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function jest(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const program = join(ROOT, 'node_modules/jest/bin/jest.js');
  // Tests make much that is soon of no use: with more room for it, it is collected less often.
  const own = [...options, '--max-semi-space-size=32'];
  const child = spawn(process.execPath, [...own, program, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
    // Every test of a service starts processes: what Node has compiled once need not be compiled again.
    env: { ...process.env, NODE_OPTIONS: options.join(' '), NODE_COMPILE_CACHE: COMPILED, ...env },
  });
  // Ctrl-C reaches jest through the terminal; what it leaves is still looked for.
  process.on('SIGINT', () => {});
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Our options come first; behind them everything belongs to jest, dashes or not. */
function ownFirst(args: readonly string[]): string[] {
  const own = ['--runs', '--seed', '--help'];
  const end = args.findIndex(
    (arg, at) => !own.includes(arg) && !['--runs', '--seed'].includes(args[at - 1] ?? ''),
  );
  return end < 0 ? [...args] : [...args.slice(0, end), '--', ...args.slice(end)];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
