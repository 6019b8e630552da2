import { readFile, writeFile } from 'node:fs/promises';
import { formatCount } from '#core/text/format.ts';
import { LOCAL_PIXELS, SOURCES } from '#local/configuration.ts';
import { type LocalFleet, withRelayFleet } from '#local/relay-fleet.ts';
import { scrape } from '#local/scrape.ts';
import { say } from '#local/server.ts';
import { connectForCommands } from '#store/connection.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { imbalance, type Ledger, readLedgers } from '#store/status/ledger.ts';
import { createStore, type Store } from '#store/store.ts';
import { countTable, heading, runInFolder, runShown, waitFor } from './stage.ts';

/*
 * Two things go wrong at once: a token dies, and an event is mapped to the wrong one. Both are
 * noticed and fixed in the configuration while everything runs, and the dead letters are replayed.
 */

const EVENTS = 4000;
const [SICK, WRONG] = LOCAL_PIXELS;

let changes = 0;

/** Edits the configuration file; resolves when every process has applied the change. */
async function changeConfiguration(
  { fleet }: LocalFleet,
  edit: (text: string) => string,
): Promise<void> {
  const before = await readFile(fleet.configuration, 'utf8');
  const after = edit(before);
  if (after === before) throw new Error('this changes nothing');
  await writeFile(fleet.configuration, after);
  changes += 1;
  const urls = [fleet.ingest, ...fleet.workers, fleet.control].map(({ url }) => url);
  await waitFor('every process applies the configuration', async () => {
    const samples = await Promise.all(urls.map((url) => scrape([url])));
    const applied = samples.map((each) =>
      each.sum('capi_configuration_reloads_total', { result: 'applied' }),
    );
    return applied.every((times) => times >= changes);
  });
}

/** Over all pixels. */
async function total(store: Store, of: (ledger: Ledger) => number): Promise<number> {
  return [...(await readLedgers(store)).values()].reduce((sum, ledger) => sum + of(ledger), 0);
}

function queueIsEmpty(store: Store): Promise<void> {
  return waitFor('the queue is empty', async () => (await total(store, (l) => l.queued)) === 0);
}

async function breakThings(stage: LocalFleet, store: Store): Promise<void> {
  heading('1  Two things go wrong');
  say(`The token of pixel ${SICK.pixelId} dies, and pixel ${WRONG.pixelId} is configured with`);
  say(
    "  eventMappings: { 'Products Searched': Purchase }      a Purchase needs a value; a search has none",
  );
  await changeConfiguration(stage, (text) =>
    text
      .replace(`accessToken: ${SICK.token}`, 'accessToken: token-that-died')
      .replace(
        `accessToken: ${WRONG.token}`,
        `accessToken: ${WRONG.token}\n    eventMappings: { 'Products Searched': Purchase }`,
      ),
  );
  say(`\nThen ${formatCount(EVENTS)} Track events arrive …`);
  const flags = ['--count', String(EVENTS), '--bad', '0', '--sources', SOURCES];
  await runShown('produce', flags, stage.fleet.configuration, 'silent');
  await waitFor(
    'every event is consumed',
    async () => (await total(store, ({ consumed }) => consumed)) >= EVENTS,
  );
  const board = createLaneBoard(store);
  await waitFor('the lane is halted', async () => (await board.read()).has(SICK.pixelId));
  await waitFor('the other lanes deliver', async () => {
    const ledgers = [...(await readLedgers(store))].filter(([pixel]) => pixel !== SICK.pixelId);
    return ledgers.every(([, { queued }]) => queued === 0);
  });
}

async function notice({ fleet }: LocalFleet, store: Store): Promise<void> {
  heading('2  Both are noticed');
  const halt = (await createLaneBoard(store).read()).get(SICK.pixelId)?.halt;
  const waiting = (await readLedgers(store)).get(SICK.pixelId)?.queued ?? 0;
  say(`The lane of pixel ${SICK.pixelId} is halted: ${halt?.state}, ${halt?.why}.`);
  say(`Its ${formatCount(waiting)} events wait: none is lost, and none has used up an attempt.\n`);
  await runShown('dead-letters', ['summary'], fleet.configuration);
  await runShown('replay', ['--where', 'reason:missing_value', '--dry-run'], fleet.configuration);
}

async function fix(stage: LocalFleet, store: Store): Promise<void> {
  heading('3  Both are fixed in the configuration, while everything runs');
  say("  eventMappings: { 'Products Searched': Search }      and a valid token");
  await changeConfiguration(stage, (text) =>
    text
      .replace('accessToken: token-that-died', `accessToken: ${SICK.token}`)
      .replace("'Products Searched': Purchase", "'Products Searched': Search"),
  );
  say(`The lane of pixel ${SICK.pixelId} resumes by itself …`);
  await queueIsEmpty(store);
}

async function replay({ fleet }: LocalFleet, store: Store): Promise<number> {
  heading('4  The dead letters are mapped again and sent');
  const why = ['--reason', 'searches were mapped to Purchase'];
  const flags = ['--where', 'reason:missing_value', ...why, '--yes'];
  await runShown('replay', flags, fleet.configuration);
  await queueIsEmpty(store);
  await runShown('dead-letters', ['summary'], fleet.configuration);
  await runShown('dead-letters', ['audit'], fleet.configuration);
  heading('5  The ledger');
  const ledgers = await readLedgers(store);
  const rows = [...ledgers].map(
    ([pixel, each]) => [pixel, HEADS.map((head) => each[head])] as const,
  );
  say(countTable(HEADS, rows).join('\n'));
  const balanced = [...ledgers.values()].every((ledger) => imbalance(ledger) === 0);
  const dead = await total(store, (ledger) => ledger.dead);
  if (!balanced || dead > 0) {
    say('The ledger does not balance, or there are still dead letters.');
    return 1;
  }
  say('It balances: every consumed event was delivered, or filtered on purpose.');
  return 0;
}

const HEADS = ['consumed', 'filtered', 'delivered', 'dead', 'queued'] as const;

async function play(stage: LocalFleet): Promise<number> {
  const redis = connectForCommands(stage.redisUrl, () => {});
  const store = createStore(redis, stage.prefix);
  try {
    await breakThings(stage, store);
    await notice(stage, store);
    await fix(stage, store);
    return await replay(stage, store);
  } finally {
    redis.disconnect();
  }
}

await runInFolder('demo-replay', (folder) => withRelayFleet({ folder, workers: 1 }, say, play));
