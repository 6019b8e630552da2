import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { SOURCES } from '#local/configuration.ts';
import { type RelayFleet, startRelayFleet } from '#local/relay-fleet.ts';
import { relayCommand } from '#local/relay-process.ts';
import { startServices } from '#local/services.ts';
import { playInFolder } from './in-folder.ts';
import { imbalances, isComplete, type Reading, read } from './readings.ts';
import { picture, Screen } from './screen.ts';

const EVENTS = 20_000;
const WORKERS = 2;
const LOOK_MS = 250;
const GIVE_UP_MS = 600_000;

const WHERE_TO_LOOK = `
Where to look next. \`make up\` starts the same and leaves it running; then
  traffic        npx capi-relay produce --config .local/capi-relay.yaml --count 5000 --sources ${SOURCES}
  pages          http://127.0.0.1:9103                  (control)
  metrics        curl localhost:9101/metrics            (ingest; make up names the workers' ports)
  Meta's side    curl localhost:9200/_sandbox/state
  dead letters   npx capi-relay dead-letters summary --config .local/capi-relay.yaml
  one event      npx capi-relay produce --dry-run --count 1 --bad 0 | npx capi-relay preview
\`make down\` stops it.`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Sends the demo's traffic; resolves to how many messages were produced. */
async function produce(fleet: RelayFleet, folder: string): Promise<number> {
  const { command, args } = relayCommand('cli/produce/main.ts');
  const flags = ['--config', fleet.configuration, '--count', String(EVENTS), '--sources', SOURCES];
  const child = spawn(command, [...args, ...flags, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`produce ended with code ${code}`);
  return Number((JSON.parse(output) as { messages: number }).messages);
}

/** Follows the fleet until everything that was produced has ended, or nothing moves any more. */
async function follow(fleet: RelayFleet, producing: Promise<number>): Promise<Reading> {
  const urls = [fleet.ingest, ...fleet.workers].map(({ url }) => url);
  const screen = new Screen();
  const deadline = Date.now() + GIVE_UP_MS;
  let produced: number | null = null;
  let started: number | null = null;
  void producing.then((n) => {
    produced = n;
  });
  for (;;) {
    const reading = await read(urls, fleet.sandbox.url);
    const delivered = [...reading.pixels.values()].reduce((sum, pixel) => sum + pixel.delivered, 0);
    if (delivered > 0) started ??= Date.now() - LOOK_MS;
    const rate = started === null ? 0 : (delivered * 1000) / Math.max(Date.now() - started, 1);
    screen.show(reading, produced ?? reading.messages, rate);
    if (produced !== null && isComplete(reading, produced)) return reading;
    if (Date.now() > deadline) return reading;
    await sleep(LOOK_MS);
  }
}

function summarise(reading: Reading, produced: number): number {
  const problems = imbalances(reading);
  if (reading.messages !== produced)
    problems.push(`${produced} produced, ${reading.messages} read`);
  say('');
  if (problems.length > 0) {
    say(`The ledger does not balance:\n${problems.map((each) => `  ${each}`).join('\n')}`);
    return 1;
  }
  say(
    'The ledger balances: consumed = delivered + filtered + dead for every pixel, and the sandbox',
  );
  say('counted the same deliveries.');
  return 0;
}

async function demo(folder: string): Promise<number> {
  say('Starting Kafka and Redis …');
  const services = await startServices({ folder }, say);
  let fleet: RelayFleet | null = null;
  try {
    say(`Kafka at ${services.brokers.join()}, Redis at ${services.redisUrl} (${services.by})`);
    say(`Starting the sandbox, ingest, ${WORKERS} workers and control …`);
    const topic = `demo-${Date.now().toString(36)}`;
    const ports = { sandbox: 0, ingest: 0, control: 0 };
    fleet = await startRelayFleet(services, { folder, topic, workers: WORKERS, ports });
    say(`Producing ${formatCount(EVENTS)} Track events for three pixels …\n`);
    const producing = produce(fleet, folder);
    const reading = await follow(fleet, producing);
    const produced = await producing;
    if (!process.stdout.isTTY) say(`\n${picture(reading, produced, 0).slice(1).join('\n')}`);
    const code = summarise(reading, produced);
    say(WHERE_TO_LOOK);
    return code;
  } finally {
    await fleet?.stop();
    await services.stop();
  }
}

await playInFolder('demo', demo);
