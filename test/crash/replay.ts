import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config/load.ts';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import { startServices } from '#local/services.ts';
import { listReplays, readLockOwner } from '#store/dead-letters/replay/store.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { sealerOf } from '#store/sealing.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { readHeld } from '#test/support/read-dead-letters.ts';

/*
 * Kills a replay with SIGKILL at random moments, again and again, and resumes it each time; then asks
 * the stand-in for Meta and the ledgers whether anything was lost or came twice. Each time the lane of
 * another pixel is halted, so that the replay passes over it and returns to it.
 *
 *   node test/crash/replay.ts          KILLS and LETTERS may be set
 */

const KILLS = Number(process.env['KILLS'] ?? 100);
const LETTERS = Number(process.env['LETTERS'] ?? 40_000);
/** The share that is killed while it starts; the others are killed within this time of being at work, in ms. */
const STARTING = 5;
const LIFE_MS = 700;
/** However busy the machine is, a replay is at work by then, in ms. */
const AT_WORK_MS = 30_000;
/** Longer than all of it takes, in ms. */
const HALTED_MS = 3_600_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Starts a command of the replay, and kills it at a random moment. */
async function killed(fleet: Fleet, args: readonly string[]): Promise<void> {
  const { command, args: own } = relayCommand('cli/replay/main.ts');
  const all = [...own, ...args, '--config', fleet.configuration];
  const child = spawn(command, all, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const deadline = Date.now() + AT_WORK_MS;
  const early = Math.random() * STARTING < 1;
  while (!early && Date.now() < deadline && child.exitCode === null) {
    const owner = await readLockOwner(fleet.store);
    if (owner?.split(':')[2] === String(child.pid)) break;
    await sleep(10);
  }
  await sleep(Math.random() * LIFE_MS);
  child.kill('SIGKILL');
  await ended;
}

/** Halts the lane of one pixel, and lets the others go on. */
async function haltOnly({ store }: Fleet, pixelId: string | null): Promise<void> {
  const board = createLaneBoard(store);
  for (const [halted, posted] of await board.read()) await board.resume(halted, posted);
  if (pixelId === null) return;
  const halt = { state: 'blocked', why: 'a test', rejecting: false, turn: 1 } as const;
  await board.halt(pixelId, null, { ...halt, until: Date.now() + HALTED_MS });
}

async function killAgainAndAgain(fleet: Fleet): Promise<void> {
  const begin = ['--all', '--yes', '--rate', String(Math.ceil(LETTERS / 60))];
  let working = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const [before] = await listReplays(fleet.store, 1);
    if (before?.state === 'finished') throw new Error('it ended too early: more LETTERS');
    await haltOnly(fleet, PIXELS[kill % PIXELS.length] ?? null);
    await killed(fleet, before === undefined ? begin : ['resume', before.spec.id]);
    const [after] = await listReplays(fleet.store, 1);
    if ((after?.queued ?? 0) > (before?.queued ?? 0)) working += 1;
    if (kill % 10 === 0)
      say(`${kill} kills, ${working} of them at work; ${after?.queued ?? 0} put back`);
  }
  const [{ spec } = { spec: { id: '' } }] = await listReplays(fleet.store, 1);
  await haltOnly(fleet, null);
  const { command, args: own } = relayCommand('cli/replay/main.ts');
  const last = [...own, 'resume', spec.id, '--config', fleet.configuration];
  await once(spawn(command, last, { stdio: 'inherit' }), 'exit');
}

async function problemsIn(fleet: Fleet): Promise<string[]> {
  await eventually(
    async () => {
      const queued = [...(await fleet.ledgers()).values()].map((ledger) => ledger.queued);
      if (queued.some((n) => n > 0)) throw new Error('events are still under way');
    },
    { everyMs: 200 },
  );
  const counts = [...(await fleet.accepted()).values()];
  const twice = counts.filter((count) => count > 1).length;
  const problems: string[] = [];
  if (counts.length !== LETTERS) problems.push(`${LETTERS - counts.length} events were lost`);
  if (twice > 0) problems.push(`${twice} events came twice`);
  const held = await readHeld(fleet.store);
  if (held > 0) problems.push(`${held} are dead still`);
  const unbalanced = [...(await fleet.ledgers()).values()].filter((each) => imbalance(each) !== 0);
  if (unbalanced.length > 0) problems.push('a ledger does not balance');
  return problems;
}

async function run(folder: string): Promise<number> {
  const services = await startServices({ folder, native: true }, say);
  const fleet = await Fleet.prepare(services);
  try {
    const { sealing } = await loadConfiguration(fleet.configuration, {});
    say(`burying ${formatCount(LETTERS)} events …`);
    const letters = Array.from({ length: LETTERS }, (_, at) =>
      deadRecord(at, PIXELS[at % PIXELS.length] ?? ''),
    );
    for (let at = 0; at < LETTERS; at += 1000) {
      await insertDeadLetters(fleet.store, sealerOf(sealing), letters.slice(at, at + 1000));
    }
    await fleet.start('worker');
    await killAgainAndAgain(fleet);
    const problems = await problemsIn(fleet);
    const words = `${KILLS} kills, ${formatCount(LETTERS)} dead letters`;
    say(problems.length === 0 ? `${words}: nothing lost, nothing twice.` : problems.join('\n'));
    return problems.length === 0 ? 0 : 1;
  } finally {
    await fleet.stop();
    await services.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-crash-replay-'));
try {
  process.exitCode = await run(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
