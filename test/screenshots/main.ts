import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openChromium } from '#local/chromium.ts';
import { type RelayFleet, startRelayFleet } from '#local/relay-fleet.ts';
import { relayCommand } from '#local/relay-process.ts';
import { type LocalServices, startServices } from '#local/services.ts';
import { connectForCommands } from '#store/connection.ts';
import { createSealer } from '#store/sealing.ts';
import { readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { eventually } from '#test/support/deadline.ts';
import { insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { pastDeaths } from './history.ts';

/*
 * Takes the screenshots of the README: a real fleet with real traffic, one pixel whose token dies on
 * the way, and dead letters of the day before.
 */

const IMAGES = join(import.meta.dirname, '../../docs/images');
const TOPIC = 'screenshots';
const SICK = '100000000000002';
const run = promisify(execFile);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const SHOTS = [
  { name: 'control-overview.png', path: '/', colorScheme: 'light', height: 1090 },
  { name: 'control-dead-letters.png', path: '/dead-letters', colorScheme: 'dark', height: 900 },
] as const;

async function produce({ configuration }: RelayFleet, count: number, bad: number): Promise<void> {
  const { command, args } = relayCommand('cli/produce/main.ts');
  const flags = ['--config', configuration, '--count', String(count), '--bad', String(bad)];
  await run(command, [...args, ...flags, '--seed', 'screenshots']);
}

async function fill(fleet: RelayFleet, { redisUrl }: LocalServices, folder: string): Promise<void> {
  const redis = connectForCommands(redisUrl, () => {});
  const consumed = async (atLeast: number, waiting: boolean) => {
    const ledgers = [...(await readLedgers(createStore(redis, `{${TOPIC}}`))).values()];
    const total = (of: 'consumed' | 'queued') => ledgers.reduce((sum, each) => sum + each[of], 0);
    if (total('consumed') < atLeast) throw new Error('events are missing yet');
    if (!waiting && total('queued') > 0) throw new Error('events are under way yet');
  };
  await produce(fleet, 40_000, 0.003);
  await eventually(() => consumed(40_000, false));
  const behaviour = JSON.stringify({ pixel: SICK, kind: 'token_expired' });
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'POST', body: behaviour });
  await produce(fleet, 4000, 0);
  await eventually(() => consumed(44_000, true));
  const key = Buffer.from(await readFile(join(folder, 'sealing.key'), 'utf8'), 'base64');
  const sealer = createSealer('local', [{ id: 'local', key }]);
  await insertDeadLetters(createStore(redis, `{${TOPIC}}`), sealer, pastDeaths(Date.now()));
  await redis.quit();
}

async function shoot(url: string): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const browser = await openChromium(say);
  try {
    for (const { name, path, colorScheme, height } of SHOTS) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height } });
      const page = await context.newPage();
      await page.goto(url + path);
      await page.screenshot({ path: join(IMAGES, name) });
      await context.close();
      say(`docs/images/${name}`);
    }
  } finally {
    await browser.close();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-screenshots-'));
const services = await startServices({ folder, native: true }, say);
let fleet: RelayFleet | null = null;
try {
  const ports = { sandbox: 0, ingest: 0, control: 0 };
  fleet = await startRelayFleet(services, { folder, topic: TOPIC, workers: 2, ports });
  await fill(fleet, services, folder);
  await shoot(fleet.control.url);
} finally {
  await fleet?.stop();
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
