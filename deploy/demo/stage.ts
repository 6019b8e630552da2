import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { type RelayFleet, startRelayFleet } from '#local/relay-fleet.ts';
import { relayCommand } from '#local/relay-process.ts';
import { startServices } from '#local/services.ts';

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

export function heading(text: string): void {
  say(`\n${styleText('bold', text)}\n`);
}

/** Everything that a demo works with, running. */
export interface DemoStage {
  readonly fleet: RelayFleet;
  readonly redisUrl: string;
  /** Of the keys in Redis. */
  readonly prefix: string;
  /** Removed at the end. */
  readonly folder: string;
}

/**
 * Starts Kafka, Redis and our processes in a folder of their own, plays the demo, and stops and
 * removes everything. The demo resolves to the exit code.
 */
export async function runDemo(
  name: string,
  workers: number,
  play: (stage: DemoStage) => Promise<number>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `capi-relay-${name}-`));
  try {
    process.exitCode = await playIn(folder, workers, play);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function playIn(
  folder: string,
  workers: number,
  play: (stage: DemoStage) => Promise<number>,
): Promise<number> {
  say('Starting Kafka and Redis …');
  const services = await startServices({ folder }, say);
  let fleet: RelayFleet | null = null;
  try {
    say(`Kafka at ${services.brokers.join()}, Redis at ${services.redisUrl} (${services.by})`);
    say(`Starting the sandbox, ingest, ${workers} worker${workers === 1 ? '' : 's'} and control …`);
    const topic = `demo-${Date.now().toString(36)}`;
    const ports = { sandbox: 0, ingest: 0, control: 0 };
    fleet = await startRelayFleet(services, { folder, topic, workers, ports });
    return await play({ fleet, redisUrl: services.redisUrl, prefix: `{${topic}}`, folder });
  } finally {
    await fleet?.stop();
    await services.stop();
  }
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
