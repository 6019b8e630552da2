import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import { runProgram, say } from '#local/server.ts';

export function heading(text: string): void {
  say(`\n${styleText('bold', text)}\n`);
}

/** Runs a demo in a folder of its own, which is removed at the end; it resolves to the exit code. */
export async function runInFolder(
  name: string,
  demo: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `capi-relay-${name}-`));
  await runProgram(async () => {
    process.exitCode = await demo(folder);
  });
  await rm(folder, { recursive: true, force: true });
}

/** Runs one of our commands as a user would type it, and shows its output. */
export async function runShown(
  name: 'produce' | 'dead-letters' | 'replay',
  args: readonly string[],
  configuration: string,
  output: 'shown' | 'silent' = 'shown',
): Promise<void> {
  const { command, args: own } = relayCommand(`cli/${name}/main.ts`);
  const typed = args.map((arg) => (/[\s:<>]/.test(arg) ? `'${arg}'` : arg)).join(' ');
  if (output === 'shown') say(styleText('dim', `$ capi-relay ${name} ${typed}`));
  const stdio = output === 'shown' ? 'inherit' : 'ignore';
  const child = spawn(command, [...own, ...args, '--config', configuration], { stdio });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`capi-relay ${name} ${typed} ended with code ${code}`);
  if (output === 'shown') say('');
}

const GIVE_UP_MS = 300_000;
const POLL_MS = 200;

/** Waits until a condition holds. @throws Error that names the condition when it takes too long */
export async function waitFor(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what}: did not happen in time`);
    await sleep(POLL_MS);
  }
}

/** A row of counts for each pixel, below a heading. */
export function countTable(
  heads: readonly string[],
  pixels: readonly (readonly [pixel: string, counts: readonly number[]])[],
): string[] {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(16) : cell.padStart(11))).join('');
  const rows = pixels.map(([pixel, counts]) =>
    row([pixel === 'none' ? '(no pixel)' : pixel, ...counts.map(formatCount)]),
  );
  return [row(['pixel', ...heads]), ...rows];
}
