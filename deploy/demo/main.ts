import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { SOURCES } from '#local/configuration.ts';
import { type LocalFleet, type RelayFleet, withRelayFleet } from '#local/relay-fleet.ts';
import { relayCommand } from '#local/relay-process.ts';
import { say } from '#local/server.ts';
import { imbalances, type LiveLedger, picture, readLiveLedger, Screen } from './live-ledger.ts';
import { runInFolder } from './stage.ts';

const run = promisify(execFile);

const EVENTS = 20_000;
const WORKERS = 2;
const POLL_MS = 250;
const GIVE_UP_MS = 600_000;

const NEXT_STEPS = `
Next steps. \`make up\` starts the same and leaves it running; then
  traffic        npx --no capi-relay produce --config .local/capi-relay.yaml --count 5000 --sources ${SOURCES}
  pages          http://127.0.0.1:9103                  (control)
  metrics        curl localhost:9101/metrics            (ingest; make up names the workers' ports)
  Meta's side    curl localhost:9200/_sandbox/state
  dead letters   npx --no capi-relay dead-letters summary --config .local/capi-relay.yaml
  one event      npx --no capi-relay produce --dry-run --count 1 --bad 0 | npx --no capi-relay preview
\`make down\` stops it.`;

/** Sends the demo's traffic; resolves to the number of messages. */
async function produce(fleet: RelayFleet, folder: string): Promise<number> {
  const { command, args } = relayCommand('cli/produce/main.ts');
  const flags = ['--config', fleet.configuration, '--count', String(EVENTS), '--sources', SOURCES];
  const { stdout } = await run(command, [...args, ...flags, '--json'], { cwd: folder });
  return Number((JSON.parse(stdout) as { messages: number }).messages);
}

/** Follows the fleet until every produced message has reached its end, or it takes too long. */
async function follow(fleet: RelayFleet, producing: Promise<number>): Promise<LiveLedger> {
  const urls = [fleet.ingest, ...fleet.workers].map(({ url }) => url);
  const screen = new Screen();
  const deadline = Date.now() + GIVE_UP_MS;
  let produced: number | null = null;
  let started: number | null = null;
  void producing.then((n) => {
    produced = n;
  });
  for (;;) {
    const ledger = await readLiveLedger(urls, fleet.sandbox.url);
    const delivered = [...ledger.pixels.values()].reduce((sum, pixel) => sum + pixel.delivered, 0);
    if (delivered > 0) started ??= Date.now() - POLL_MS;
    const rate = started === null ? 0 : (delivered * 1000) / Math.max(Date.now() - started, 1);
    screen.show(ledger, produced ?? ledger.messages, rate);
    if (produced !== null && imbalances(ledger, produced).length === 0) return ledger;
    if (Date.now() > deadline) return ledger;
    await sleep(POLL_MS);
  }
}

function summarise(ledger: LiveLedger, produced: number): number {
  const problems = imbalances(ledger, produced);
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

async function play({ fleet, folder }: LocalFleet): Promise<number> {
  say(`Producing ${formatCount(EVENTS)} Track events for three pixels …\n`);
  const producing = produce(fleet, folder);
  const ledger = await follow(fleet, producing);
  const produced = await producing;
  if (!process.stdout.isTTY) say(`\n${picture(ledger, produced, 0).slice(1).join('\n')}`);
  const code = summarise(ledger, produced);
  say(NEXT_STEPS);
  return code;
}

await runInFolder('demo', (folder) => withRelayFleet({ folder, workers: WORKERS }, say, play));
