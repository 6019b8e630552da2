import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { eventIdShown } from '#core/privacy/harmless.ts';
import { relayCommand } from '#local/relay-process.ts';
import { type TracedEvent, traceMessage } from '#store/receipts/trace.ts';
import { sealerOf } from '#store/sealing.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { type CommandResult, commandHere } from '#test/support/command-here.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

const [PIXEL = ''] = PIXELS;
const [SOURCE = ''] = SOURCES;
const PERSONAL = 'jane.doe@example.com-7';
let fleet: Fleet;
/** The dead letter that was replayed and delivered. */
let replayed: string;

beforeAll(async () => {
  const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
  const redisUrl = process.env['TEST_REDIS_URL'] ?? '';
  const receipts = { enabled: true };
  fleet = await Fleet.prepare({ brokers, redisUrl, sections: { receipts } });
});

afterAll(async () => {
  await fleet.stop();
});

function message(messageId: string, overrides: Record<string, unknown> = {}) {
  const timestamp = new Date().toISOString();
  const context = { source: SOURCE };
  const event = trackEvent({ messageId, timestamp, context, ...overrides });
  return { key: messageId, value: Buffer.from(JSON.stringify(event)) };
}

async function trace(id: string, pixel: string | null = null): Promise<readonly TracedEvent[]> {
  const configuration = await loadConfiguration(fleet.configuration, {});
  const sealer = sealerOf(configuration.sealing);
  const deps = { store: { ...fleet.store, sealer }, configuration };
  return (await traceMessage(deps, id, pixel)).events;
}

function capi(command: string, ...args: string[]): Promise<CommandResult> {
  return commandHere(command, [...args, '--config', fleet.configuration]);
}

/** Starts the replay of a dead letter while no worker runs; resolves once it is shown as waiting in the queue. */
async function replayUnattended(): Promise<() => Promise<CommandResult>> {
  const { sealing } = await loadConfiguration(fleet.configuration, {});
  const eventId = eventIdShown('unattended');
  const letter = deadRecord(5000, PIXEL, { eventId });
  await insertDeadLetters(fleet.store, sealerOf(sealing), [letter]);
  const [dead] = await trace('unattended');
  const id = dead?.deadLetter?.id ?? '';
  expect(id).not.toBe('');
  const { command, args } = relayCommand('cli/replay/main.ts');
  const given = ['--id', id, '--yes', '--config', fleet.configuration];
  const replay = commandAlone(command, [...args, ...given]);
  const shown = /was replayed\.\n\n.*\n.*queued by replay r\w+\n {2}now: in the queue\n$/;
  await eventually(async () => {
    expect((await capi('dead-letters', 'show', id)).out).toMatch(shown);
  });
  return () => replay;
}

const outcomes = ({ steps }: TracedEvent) => steps.map(({ outcome }) => outcome);

test('tells what became of each message: filtered, queued, delivered, dead, replayed', async () => {
  await fleet.tell('behaviour', { pixel: '*', kind: 'reject_event', eventId: 'offender' });
  await fleet.start('ingest');
  await fleet.send([
    ...[message('twice'), message('twice'), message('offender')],
    message(PERSONAL, { integrations: { All: false } }),
    message('without-value', { properties: { revenue: undefined, products: undefined } }),
    message('elsewhere', { context: { source: 'none of ours' } }),
  ]);
  await eventually(async () => {
    const events = await trace('twice');
    expect(events.map(({ state }) => state)).toEqual(['queued', 'queued']);
    expect(new Set(events.map(({ kafka }) => kafka?.offset)).size).toBe(2);
  });

  const replayEnds = await replayUnattended();
  await fleet.start('worker');
  await settled(fleet, 7);
  await replayEnds();
  for (const event of await trace('twice')) {
    expect(event).toMatchObject({ pixelId: PIXEL, state: 'delivered', deadLetter: null });
    expect(outcomes(event)).toEqual(['queued', 'delivered']);
    expect(event.steps.at(-1)?.request).toMatchObject({ traceId: expect.stringMatching(/./) });
  }
  expect(await trace(PERSONAL)).toMatchObject([
    { state: 'filtered', steps: [{ reason: 'integration_disabled' }] },
  ]);
  expect(await trace('without-value')).toMatchObject([
    { state: 'dead', deadLetter: { reason: 'missing_value' }, kafka: { topic: fleet.topic } },
  ]);
  expect(await trace('elsewhere')).toMatchObject([{ pixelId: null, state: 'filtered' }]);
  expect(await trace('never seen')).toEqual([]);
  expect(await trace('twice', PIXELS[1] ?? '')).toEqual([]);
  const [dead] = await trace('offender');
  expect(dead).toMatchObject({ state: 'dead', deadLetter: { reason: 'rejected_by_meta' } });

  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  replayed = dead?.deadLetter?.id ?? '';
  const where = `id:${replayed}`;
  expect((await capi('replay', '--where', where, '--yes')).code).toBe(0);
  await settled(fleet, 7);
  const { code, out } = await capi('trace', 'offender', '--json');
  expect(code).toBe(0);
  const [event] = (JSON.parse(out) as { events: TracedEvent[] }).events;
  expect(event).toMatchObject({ pixelId: PIXEL, state: 'delivered', deadLetter: null });
  expect(event && outcomes(event)).toEqual(['queued', 'dead', 'queued', 'delivered']);
  expect(event?.steps.at(-1)?.replay).toMatch(/^r/);
  expect((await capi('trace', 'offender')).out).toMatch(
    /delivered by replay r\w+, in a request of/,
  );
  expect(await capi('trace', 'never seen')).toMatchObject({
    code: 3,
    out: expect.stringContaining('no message with this messageId was read since'),
  });
  await expectNothingPersonal();
});

test('a dead letter that was replayed is shown with what became of it', async () => {
  const shown = async (id: string) =>
    JSON.parse((await capi('dead-letters', 'show', id, '--json')).out);
  const end = await capi('dead-letters', 'show', replayed);
  expect(end.err).toBe('');
  expect(end.out).toMatch(
    /was replayed\.\n\n.*\n.*queued by replay r\w+\n.*delivered by replay r\w+, in a request/,
  );
  const { gone, events } = await shown(replayed);
  expect(gone).toBe('replayed');
  expect(events.map(outcomes)).toEqual([['queued', 'delivered']]);
  const [dead] = await trace('without-value');
  const id = dead?.deadLetter?.id ?? '';
  expect((await capi('replay', '--id', id, '--yes')).code).toBe(4);
  const [again] = await trace('without-value');
  expect(again?.deadLetter?.id).not.toBe(id);
  expect(await shown(id)).toMatchObject({
    gone: 'replayed',
    events: [{ state: 'dead', deadLetter: { id: again?.deadLetter?.id, reason: 'missing_value' } }],
  });
});

test('shows the newest of a thousand events with one messageId, and how many more there are', async () => {
  const { sealing } = await loadConfiguration(fleet.configuration, {});
  const eventId = eventIdShown('one-for-all');
  const letters = Array.from({ length: 1000 }, (_, at) => deadRecord(at, PIXEL, { eventId }));
  await insertDeadLetters(fleet.store, sealerOf(sealing), letters);
  const { code, out } = await capi('trace', 'one-for-all');
  expect(code).toBe(0);
  expect(out.match(/^pixel /gm)).toHaveLength(100);
  const offsets = Array.from(out.matchAll(/offset (\d+)\n/g), ([, offset]) => Number(offset));
  expect(offsets).toEqual(Array.from({ length: 100 }, (_, at) => 900 + at));
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^and at least 900 older ones .* --pixel/);
  const { out: json } = await capi('trace', 'one-for-all', '--json');
  expect(JSON.parse(json)).toMatchObject({ more: 900, events: { length: 100 } });

  const filtered = { integrations: { All: false } };
  await fleet.send(Array.from({ length: 130 }, () => message('one-for-all', filtered)));
  await settled(fleet, 7 + 1000 + 130);
  // Receipts tell of these; of dead letters there is no room any more.
  const both = await capi('trace', 'one-for-all', '--json');
  expect(JSON.parse(both.out)).toMatchObject({ more: 1030, events: { length: 100 } });
  expect(both.out).not.toContain('"state":"dead"');
});

async function expectNothingPersonal(): Promise<void> {
  const { redis, store } = fleet;
  const parts = Object.keys(await redis.hgetall(store.keys.receipts));
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) {
    const entries = await redis.xrangeBuffer(`${store.keys.receipts}:${part}`, '-', '+');
    const bytes = Buffer.concat(entries.flatMap(([, fields]) => fields));
    expect(bytes.includes('jane')).toBe(false);
    expect(bytes.includes('offender')).toBe(false);
  }
}
