import { formatCount } from '#core/text/format.ts';
import { LOCAL_PIXELS } from '#local/configuration.ts';
import { type RelayFleet, startRelayFleet } from '#local/relay-fleet.ts';
import { startServices } from '#local/services.ts';
import { connectForCommands } from '#store/connection.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { imbalance } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { playInFolder } from './in-folder.ts';
import { Settings } from './settings.ts';
import { ledgersOf, type Stage, total, until } from './stage.ts';
import { heading, ledgerTable, runShown, say } from './telling.ts';

/*
 * Two things go wrong at once: a token dies, and somebody maps an event to the wrong one. Both are
 * seen, mended in the configuration while everything runs, and the dead letters are replayed.
 */

const EVENTS = 4000;
const [SICK, WRONG] = LOCAL_PIXELS;

async function breakThings({ fleet, settings, redis, prefix }: Stage): Promise<void> {
  heading('1  Two things go wrong');
  say(`The token of pixel ${SICK.pixelId} dies, and for pixel ${WRONG.pixelId} somebody writes`);
  say(
    "  eventMappings: { 'Products Searched': Purchase }      a Purchase needs a value; a search has none",
  );
  await settings.change(fleet, (text) =>
    text
      .replace(`accessToken: ${SICK.token}`, 'accessToken: token-that-died')
      .replace(
        `accessToken: ${WRONG.token}`,
        `accessToken: ${WRONG.token}\n    eventMappings: { 'Products Searched': Purchase }`,
      ),
  );
  say(`\nThen ${formatCount(EVENTS)} Track events arrive …`);
  const count = ['--count', String(EVENTS), '--bad', '0', '--sources'];
  const sources = LOCAL_PIXELS.map(({ source }) => source).join();
  await runShown('produce', [...count, sources], fleet.configuration, 'silent');
  const stage = { fleet, redis, prefix, settings };
  await until(
    'every event',
    async () => (await total(stage, ({ consumed }) => consumed)) >= EVENTS,
  );
  const board = createLaneBoard(createStore(redis, prefix));
  await until('the standstill of the lane', async () => (await board.read()).has(SICK.pixelId));
  await until('the delivery of the others', async () => {
    const ledgers = [...(await ledgersOf(stage))].filter(([pixel]) => pixel !== SICK.pixelId);
    return ledgers.every(([, { queued }]) => queued === 0);
  });
}

async function look(stage: Stage): Promise<void> {
  const { fleet, redis, prefix } = stage;
  heading('2  One sees it');
  const halt = (await createLaneBoard(createStore(redis, prefix)).read()).get(SICK.pixelId)?.halt;
  const waiting = (await ledgersOf(stage)).get(SICK.pixelId)?.queued ?? 0;
  say(`The lane of pixel ${SICK.pixelId} stands still: ${halt?.state}, ${halt?.why}.`);
  say(`Its ${formatCount(waiting)} events wait: none is lost, none has lost an attempt.\n`);
  await runShown('dead-letters', ['summary'], fleet.configuration);
  await runShown('replay', ['--where', 'reason:missing_value', '--dry-run'], fleet.configuration);
}

async function mend(stage: Stage): Promise<void> {
  const { fleet, settings } = stage;
  heading('3  Both are mended in the configuration, while everything runs');
  say("  eventMappings: { 'Products Searched': Search }      and a token that lives");
  await settings.change(fleet, (text) =>
    text
      .replace('accessToken: token-that-died', `accessToken: ${SICK.token}`)
      .replace("'Products Searched': Purchase", "'Products Searched': Search"),
  );
  say(`The lane of pixel ${SICK.pixelId} goes on by itself …`);
  await until(
    'the end of the queue',
    async () => (await total(stage, ({ queued }) => queued)) === 0,
  );
}

async function replay(stage: Stage): Promise<number> {
  const { fleet } = stage;
  heading('4  What died is mapped anew and sent');
  const why = ['--reason', 'searches were mapped to Purchase'];
  const flags = ['--where', 'reason:missing_value', ...why, '--yes'];
  await runShown('replay', flags, fleet.configuration);
  await until(
    'the end of the queue',
    async () => (await total(stage, ({ queued }) => queued)) === 0,
  );
  await runShown('dead-letters', ['summary'], fleet.configuration);
  await runShown('dead-letters', ['audit'], fleet.configuration);
  heading('5  The ledger');
  const ledgers = await ledgersOf(stage);
  say(ledgerTable(ledgers));
  const balanced = [...ledgers.values()].every((ledger) => imbalance(ledger) === 0);
  const dead = await total(stage, (ledger) => ledger.dead);
  if (!balanced || dead > 0) {
    say('The ledger does not balance, or something is dead still.');
    return 1;
  }
  say('It balances: everything that was consumed is delivered or was left out on purpose.');
  return 0;
}

async function demo(folder: string): Promise<number> {
  say('Starting Kafka and Redis …');
  const services = await startServices({ folder }, say);
  const topic = `demo-${Date.now().toString(36)}`;
  const redis = connectForCommands(services.redisUrl, () => {});
  let fleet: RelayFleet | null = null;
  try {
    say('Starting the sandbox, ingest, a worker and control …');
    const ports = { sandbox: 0, ingest: 0, control: 0 };
    fleet = await startRelayFleet(services, { folder, topic, workers: 1, ports });
    const settings = new Settings(fleet.configuration);
    const stage = { fleet, redis, prefix: `{${topic}}`, settings };
    await breakThings(stage);
    await look(stage);
    await mend(stage);
    return await replay(stage);
  } finally {
    redis.disconnect();
    await fleet?.stop();
    await services.stop();
  }
}

await playInFolder('demo-replay', demo);
