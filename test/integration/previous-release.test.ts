import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EXIT_CODES } from '#cli/exit-codes.ts';
import { createKafka } from '#kafka/client.ts';
import { TopicIds } from '#kafka/topic-ids.ts';
import { relayCommand } from '#local/relay-process.ts';
import { readReplay } from '#store/dead-letters/replay/store.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { formatWatermark, parseWatermark, readWatermarks } from '#store/intake/watermarks.ts';
import { imbalance, type Ledger } from '#store/status/ledger.ts';
import { readRecording } from '#test/compatibility/recording.ts';
import { writeContent } from '#test/compatibility/redis-content.ts';
import { shiftClock } from '#test/compatibility/shifted-clock.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { trackEvent } from '#test/support/track-event.ts';

/*
 * What a process of the release before this one left in Redis when it was stopped in the middle of its
 * work, as `make record-release` recorded it: today's processes go on with it.
 */

const { about, content } = readRecording();
const { accepted, dead, messages, sealingKey, waiting } = about;
const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
/** Later than the recording, but not too late for its events. */
const SHIFT_MS = about.at + 120_000 - Date.now();
const NEW = 5;
const OFTEN = { everyMs: 500 };

let fleet: Fleet;
let unshift = () => {};

const clock = pathToFileURL(inRepository('test/compatibility/shifted-clock.ts'));
clock.searchParams.set('ms', String(SHIFT_MS));
const runs = (entry: string) => {
  const { command, args } = relayCommand(entry);
  return { command, args: ['--import', clock.href, ...args] };
};

beforeAll(async () => {
  unshift = shiftClock(SHIFT_MS);
  fleet = await Fleet.prepare({
    brokers: BROKERS,
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    runs,
    partitions: 1,
    sections: { sealing: { currentKey: sealingKey.id, keys: [sealingKey] } },
  });
  await writeContent(fleet.redis, content, nameHere);
});
afterAll(async () => {
  await fleet.stop();
  unshift();
});

/** Under the prefix of the fleet here, and watermarks for its topic; an envelope keeps its name, which its seal binds. */
function nameHere(key: string): string {
  const name = key.replace(about.prefix, fleet.prefix);
  const ofTopic = name.startsWith(`${fleet.prefix}:watermark:`);
  return ofTopic ? name.replaceAll(about.topic, fleet.topic) : name;
}

async function total(field: keyof Ledger): Promise<number> {
  const ledgers = [...(await fleet.ledgers()).values()];
  expect(ledgers.map(imbalance).filter((events) => events !== 0)).toEqual([]);
  return ledgers.reduce((sum, ledger) => sum + ledger[field], 0);
}

/** Ids of events → how often the sandbox accepted them, as if it had been once each. */
const onceEach = (ids: readonly string[]) => new Map(ids.toSorted().map((id) => [id, 1]));
const sorted = (counts: ReadonlyMap<string, number>) =>
  new Map([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));

function events(name: string, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const time = new Date().toISOString();
    const times = { timestamp: time, originalTimestamp: time, sentAt: time, receivedAt: time };
    const context = { source: SOURCES[index % SOURCES.length] };
    const event = trackEvent({ messageId: `${name}-${index}`, ...times, context });
    return { key: 'k', value: Buffer.from(JSON.stringify(event)) };
  });
}

/** Ids of dead letters of a reason; what only the mapping knew has none that Meta would accept. */
const diedOf = (wanted: string) =>
  dead.flatMap(([reason, eventId]) => (reason === wanted && eventId !== null ? [eventId] : []));

test('the recording has everything that a release can leave behind', async () => {
  const reasons = new Set(dead.map(([reason]) => reason));
  for (const reason of ['rejected_by_meta', 'out_of_retries', 'crashed_worker', 'invalid_event']) {
    expect(reasons).toContain(reason);
  }
  expect(await total('queued')).toBe(waiting.length);
  expect(await total('dead')).toBe(dead.length);
  expect([...(await createLaneBoard(fleet.store).read()).keys()]).toEqual([about.halted]);
  expect(await readReplay(fleet.store, about.replay)).toMatchObject({
    state: 'running',
    detached: true,
  });
});

test('today’s processes deliver what waited once, end the replay, and go on in Kafka where it was', async () => {
  const queued = await fleet.redis.hkeys(fleet.store.keys.open(PIXELS[0] ?? ''));
  expect(queued.length).toBeGreaterThan(0);
  await continueTopic();
  // What was taken already, and what is new.
  await fleet.send(events('taken', messages));
  await fleet.send(events('new', NEW));
  await Promise.all([fleet.start('worker'), fleet.start('control'), fleet.start('ingest')]);
  const consumed = await total('consumed');
  const ids = [...waiting, ...diedOf('out_of_retries')];
  const fresh = Array.from({ length: NEW }, (_, index) => `new-${index}`);
  await eventually(async () => {
    expect(sorted(await fleet.accepted())).toEqual(onceEach([...ids, ...fresh]));
    expect(await readReplay(fleet.store, about.replay)).toMatchObject({
      state: 'finished',
      died: 0,
    });
    expect(await total('queued')).toBe(0);
  }, OFTEN);
  expect(await total('consumed')).toBe(Math.max(consumed, messages + NEW));
  expect((await createLaneBoard(fleet.store).read()).size).toBe(0);
});

test('its dead letters are read and replayed', async () => {
  const left = dead.filter(([reason]) => reason !== 'out_of_retries');
  const found: [string, string | null][] = [];
  for await (const { reason, eventId } of fleet.deadLetters()) found.push([reason, eventId]);
  expect(found.toSorted()).toEqual(left.map(([...row]) => row).toSorted());
  const asked = ['--all', '--yes', '--json', '--config', fleet.configuration];
  // What the mapping refused, it refuses again: the replay is not complete.
  const { code, out } = await commandHere('replay', asked);
  expect([code, JSON.parse(out)]).toMatchObject([EXIT_CODES.incomplete, { died: 0, replayed: 5 }]);
  const everything = [
    ...[...waiting, ...diedOf('out_of_retries')],
    ...[...diedOf('rejected_by_meta'), ...diedOf('crashed_worker')],
    ...Array.from({ length: NEW }, (_, index) => `new-${index}`),
  ];
  await eventually(async () => {
    expect(sorted(await fleet.accepted())).toEqual(onceEach(everything));
    expect(await total('queued')).toBe(0);
  }, OFTEN);
  expect(everything.filter((id) => accepted.includes(id))).toEqual([]);
  const kept = left.filter(([reason]) => !/^(rejected_by_meta|crashed_worker)$/.test(reason));
  expect(await total('dead')).toBe(kept.length);
});

/** Kafka gives each topic an id of its own: that of the one here takes the place of the recorded one. */
async function continueTopic(): Promise<void> {
  const kafka = createKafka({ brokers: BROKERS, clientId: 'here', ssl: false, sasl: null });
  const ids = new TopicIds(kafka);
  const topicId = await ids.ask(fleet.topic);
  await ids.close();
  const key = fleet.store.keys.watermark(fleet.topic, fleet.topic, 0);
  const recorded = parseWatermark(await fleet.redis.get(key));
  expect(recorded).toMatchObject({ offset: messages, topicId: expect.stringMatching(/./) });
  if (recorded !== null) await fleet.redis.set(key, formatWatermark({ ...recorded, topicId }));
  const where = [{ topic: fleet.topic, partition: 0 }];
  expect(await readWatermarks(fleet.store, fleet.topic, where)).toMatchObject([{ topicId }]);
}
