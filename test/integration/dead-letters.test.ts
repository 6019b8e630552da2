import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRedisSources } from '#cli/status/redis-sources.ts';
import { loadConfiguration } from '#config/load.ts';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import { readLockOwner } from '#store/dead-letters/replay/store.ts';
import { imbalance } from '#store/status/ledger.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic, type Traffic } from '#test/support/traffic.ts';

const MESSAGES = 1800;
const [SICK = ''] = PIXELS;
const FAILED = `pixel:${SICK} reason:out_of_retries`;
let fleet: Fleet;
let traffic: Traffic;
/** How many messages the fleet got from all tests so far. */
let sent = 0;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      worker: {
        port: 0,
        retry: { attempts: 1, baseMs: 10, capMs: 10 },
        // Else its events would wait for better times.
        breaker: { failures: 100_000, requests: 100_000, share: 1 },
        batch: { maxEvents: 250 },
      },
    },
  });
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
});

afterAll(() => fleet.stop());

beforeEach(async () => {
  await purgeAll();
  await fleet.refresh();
  // One pixel fails until everything of it is dead.
  await fleet.tell('behaviour', { pixel: SICK, kind: 'status', status: 500 });
  traffic = createTraffic(`dead after ${sent}`, MESSAGES, 0.02);
  sent += MESSAGES;
  await fleet.send(traffic.messages);
  await allSettled();
});

/** Removes what the test before this one left behind. */
async function purgeAll(): Promise<void> {
  if ((await countDead()) === 0) return;
  const { code } = await capi('dead-letters', 'purge', '--all', '--no-backup', '--yes');
  expect(code).toBe(0);
}

/** Waits until all that was ever sent is settled. */
function allSettled(): Promise<void> {
  return settled(fleet, sent);
}

async function countPurged(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, { purged }) => sum + purged, 0);
}

function capi(command: 'dead-letters' | 'replay', ...args: string[]): Promise<CommandResult> {
  return commandHere(command, [...args, '--config', fleet.configuration]);
}

async function countDead(): Promise<number> {
  let count = 0;
  for await (const _ of fleet.deadLetters()) count += 1;
  return count;
}

interface Cause {
  readonly cause: string;
  readonly reason: string;
  readonly events: number;
  readonly acknowledged?: { readonly reason: string; readonly events: number };
}

/** Acknowledges the cause of the sick pixel, and lets it demand action again. */
async function acknowledgeOne(): Promise<void> {
  const causes = async (): Promise<Cause[]> =>
    JSON.parse((await capi('dead-letters', 'summary', '--json')).out);
  const find = (all: readonly Cause[]) => all.find(({ reason }) => reason === 'out_of_retries');
  const { cause = '', events = 0 } = find(await causes()) ?? {};
  const where = ['--where', `cause:${cause}`];
  const known = (...flags: string[]) => capi('dead-letters', 'acknowledge', ...flags, '--json');
  for (const [flags, code] of [
    [[], 2],
    [['--where', 'event:Lead'], 2],
    [[...where, '--for', 'soon'], 2],
    [['--where', 'cause:000000000000'], 3],
  ] as const) {
    expect([flags, (await known(...flags)).code]).toEqual([flags, code]);
  }
  const done = await known(...where, '--for', '3d', '--reason', 'the pixel is sick');
  expect([done.code, JSON.parse(done.out).acknowledged]).toEqual([0, 1]);
  expect(find(await causes())?.acknowledged).toMatchObject({ reason: 'the pixel is sick', events });
  const read = async () => {
    const sources = createRedisSources(await loadConfiguration(fleet.configuration, {}), 60_000);
    const answers = await Promise.all([sources.deadLetters(), sources.replayable()]);
    sources.close();
    return answers.map((answer) => (answer.ok ? answer.value.acknowledged : answer.error));
  };
  const [held, replayable] = await read();
  expect(held).toMatchObject({ held: events, expired: 0 });
  expect(replayable).toMatchObject({ replayable: expect.any(Number) });
  const again = await known(...where, '--end');
  expect(JSON.parse(again.out)).toEqual({ reopened: 1 });
  expect(find(await causes())).not.toHaveProperty('acknowledged');
  expect((await read())[0]).toEqual({ held: 0, expired: 0, soon: 0 });
  const audit = await capi('dead-letters', 'audit', '--json');
  expect(JSON.parse(audit.out).slice(0, 2)).toMatchObject([
    { action: 'cause_reopened' },
    { action: 'cause_acknowledged', reason: 'the pixel is sick', where: `cause:${cause}` },
  ]);
}

/** The configuration gives the sick pixel a name: filters take it, and what programs read has it. */
async function callByName(id: string): Promise<void> {
  const settings = JSON.parse(await readFile(fleet.configuration, 'utf8'));
  for (const pixel of settings.pixels) if (pixel.pixelId === SICK) pixel.name = 'EU shop';
  const config = join(fleet.folder, 'named.json');
  await writeFile(config, JSON.stringify(settings));
  const read = async (...args: string[]) =>
    JSON.parse((await commandHere('dead-letters', [...args, '--json', '--config', config])).out);
  const where = ['--where', 'pixel:"EU shop"'];
  const { deadLetters } = await read('list', ...where, '--limit', '1');
  const named = { pixelId: SICK, name: 'EU shop' };
  expect(deadLetters).toMatchObject([named]);
  expect((await read('summary', ...where))[0]).toMatchObject(named);
  expect(await read('show', id)).toMatchObject(named);
  for (const each of await read('summary', '--where', '-pixel:"EU shop"')) {
    expect(each).not.toHaveProperty('name');
  }
}

describe('dead letters', () => {
  test('are summarised, listed, shown and exported; nothing personal unless it is asked for', async () => {
    const summary = await capi('dead-letters', 'summary');
    expect(summary.out).toMatch(new RegExp(`${SICK} +out_of_retries`));
    // What the mapping refused, it still refuses.
    let mapped = 0;
    for await (const { holds } of fleet.deadLetters()) mapped += holds === 'record' ? 1 : 0;
    const all = await countDead();
    expect(mapped).toBeLessThan(all);
    const counted = [mapped, all].map(formatCount).join(' of ');
    expect(summary.out).toContain(`${counted} can be replayed, as of `);
    await acknowledgeOne();
    const page = ['--where', 'reason:out_of_retries', '--limit', '2', '--json'];
    const list = await capi('dead-letters', 'list', ...page);
    const { deadLetters, next } = JSON.parse(list.out);
    const [first, second, ...more] = deadLetters;
    expect(more).toEqual([]);
    const behind = await capi('dead-letters', 'list', ...page, '--cursor', next);
    const ids = JSON.parse(behind.out).deadLetters.map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(2);
    expect(ids).not.toContain(second.id);
    expect(second.pixelId).toBe(SICK);
    await callByName(second.id);
    const story = await capi('dead-letters', 'show', first.id);
    expect(story.out).toContain('HTTP 500');
    expect(summary.out + list.out + story.out).not.toMatch(/@example\./);
    const revealed = await capi('dead-letters', 'export', '--where', `pixel:${SICK}`, '--reveal');
    expect(revealed.out).toMatch(/@example\./);
    expect(revealed.out.trim().split('\n').length).toBeGreaterThan(500);
  });

  test('are put back once the cause is fixed, and arrive', async () => {
    const before = await countDead();
    const dry = await capi('replay', '--where', FAILED, '--dry-run', '--json');
    expect(dry.code).toBe(0);
    expect(await countDead()).toBe(before);
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    const done = await capi('replay', '--where', FAILED, '--yes', '--json');
    expect(done.code).toBe(0);
    const { dryRun: _, ...planned } = JSON.parse(dry.out);
    expect(JSON.parse(done.out)).toMatchObject({ ...planned, state: 'finished', died: 0 });
    await allSettled();
    const accepted = await fleet.accepted();
    expect(new Set(accepted.keys())).toEqual(traffic.good);
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  });

  test('are replayed once each, however often the replay is killed', async () => {
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    const { command, args } = relayCommand('cli/replay/main.ts');
    let flags = ['--where', `pixel:${SICK}`, '--rate', '200', '--yes'];
    let states: string[] = [];
    for (let kill = 0; kill < 4; kill += 1) {
      const child = spawn(command, [...args, ...flags, '--config', fleet.configuration]);
      await eventually(
        async () => {
          const owner = await readLockOwner(fleet.store);
          expect(owner).toContain(`:${child.pid}:`);
        },
        { everyMs: 10 },
      );
      await sleep(100 * kill);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const [latest] = JSON.parse((await capi('replay', 'list', '--json')).out);
      if (latest !== undefined) flags = ['resume', latest.id];
      states = [...states, latest?.state];
    }
    expect(states).toContain('running');
    await capi('replay', ...flags);
    await allSettled();
    const accepted = await fleet.accepted();
    expect(new Set(accepted.keys())).toEqual(traffic.good);
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
  });

  test('that are purged are counted, and two replays at once are refused', async () => {
    const [before, purged] = [await countDead(), await countPurged()];
    expect((await capi('dead-letters', 'purge')).code).toBe(2);
    await fleet.redis.set(`${fleet.prefix}:replay-lock`, 'another owner', 'PX', 600_000);
    const refused = await capi('replay', '--all', '--yes');
    expect(refused.code).toBe(5);
    expect(refused.err).toContain('under way');
    await fleet.redis.del(`${fleet.prefix}:replay-lock`);
    expect((await capi('dead-letters', 'purge', '--all', '--no-backup', '--yes')).code).toBe(0);
    expect(await countDead()).toBe(0);
    expect((await countPurged()) - purged).toBe(before);
    for (const ledger of (await fleet.ledgers()).values()) expect(imbalance(ledger)).toBe(0);
    expect((await capi('replay', '--all', '--yes')).code).toBe(3);
  });

  test('that the mapping refused are mapped with the settings of today', async () => {
    const file = JSON.parse(await readFile(fleet.configuration, 'utf8'));
    for (const pixel of file.pixels) pixel.purchaseWithoutValue = 'zero';
    await writeFile(fleet.configuration, JSON.stringify(file));
    await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
    const { code, out } = await capi('replay', '--all', '--yes', '--json');
    expect(code).toBe(4);
    const result = JSON.parse(out);
    expect(result.refused.missing_value).toBeUndefined();
    expect(result.refused.invalid_event).toBeGreaterThan(0);
    await allSettled();
    const { out: rest } = await capi('dead-letters', 'summary', '--json');
    expect(rest).not.toContain('missing_value');
    const left = JSON.parse(rest).filter(
      ({ reason }: { reason: string }) => reason in result.refused,
    );
    expect(left.length).toBeGreaterThan(0);
    for (const { events, replay } of left) {
      expect(replay).toMatchObject({ assessed: events, replayable: 0, at: expect.any(Number) });
    }
  });
});
