import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BAD_KINDS, type BadKindName } from '#cli/produce/bad-kinds.ts';
import { Random } from '#cli/produce/random.ts';
import { relayCommand } from '#local/relay-process.ts';
import { startServices } from '#local/services.ts';
import { listReplays } from '#store/dead-letters/replay/store.ts';
import { createLaneBoard } from '#store/delivery/lane-board.ts';
import { readWatermarks } from '#store/intake/watermarks.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { checkOut, commandIn, PREVIOUS } from './checkout.ts';
import { writeRecording } from './recording.ts';
import { readContent } from './redis-content.ts';

/*
 * Records what the previous release leaves in Redis: `make record-release`. Its processes are stopped
 * in the middle of everything: envelopes wait, a lane is halted, a replay is under way, and there is a
 * dead letter of every kind that can be provoked.
 */

const [REFUSED = '', FAILING = '', HALTED = ''] = PIXELS;
const REFUSED_EVENT = 'Refused By Meta';
/** So large that what is kept of it would be most of the recording. */
const LEFT_OUT: readonly string[] = ['too_large'];
const OFTEN = { everyMs: 100 };

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-record-'));
const old = checkOut(PREVIOUS);
const runs = (entry: string) => commandIn(old, relayCommand(entry));
const services = await startServices({ folder, native: true }, () => {});
const sealingKey = { id: 'recorded', key: randomBytes(32).toString('base64') };
const { brokers, redisUrl } = services;
const fleet = await Fleet.prepare({
  ...{ brokers, redisUrl, runs, partitions: 1 },
  sections: {
    sealing: { currentKey: sealingKey.id, keys: [sealingKey] },
    worker: {
      port: 0,
      lockMs: 5000,
      retry: { attempts: 1, baseMs: 10, capMs: 10 },
      breaker: { failures: 100_000, requests: 100_000, share: 1 },
    },
  },
});
let sent = 0;
/** Ids of the events that Meta is to accept in the end. */
const good: string[] = [];

/** Sends events of a pixel. */
async function send(pixel: string, count: number, overrides = {}): Promise<void> {
  const events = Array.from({ length: count }, () => {
    sent += 1;
    const time = new Date().toISOString();
    const times = { timestamp: time, originalTimestamp: time, sentAt: time, receivedAt: time };
    const context = { source: SOURCES[PIXELS.indexOf(pixel)] };
    return trackEvent({ messageId: randomUUID(), ...times, context, ...overrides });
  });
  await fleet.send(
    events.map((event) => ({ key: 'k', value: Buffer.from(JSON.stringify(event)) })),
  );
  good.push(...events.map(({ messageId }) => String(messageId)));
}

/** Sends one message of each bad kind. */
async function sendBad(): Promise<void> {
  const names = (Object.keys(BAD_KINDS) as BadKindName[]).filter(
    (name) => !LEFT_OUT.includes(name),
  );
  const random = new Random('recorded');
  for (const name of names) {
    sent += 1;
    const time = new Date().toISOString();
    const event = trackEvent({
      ...{ messageId: randomUUID(), timestamp: time, originalTimestamp: time },
      ...{ sentAt: time, receivedAt: time },
    });
    const from = { text: JSON.stringify(event), event, nowMs: Date.now(), random };
    await fleet.send([{ key: 'k', value: Buffer.from(BAD_KINDS[name].make(from)) }]);
  }
}

async function untilTaken(): Promise<void> {
  await eventually(async () => {
    const where = [{ topic: fleet.topic, partition: 0 }];
    const [watermark] = await readWatermarks(fleet.store, fleet.topic, where);
    if (watermark?.offset !== sent) throw new Error(`${watermark?.offset} of ${sent} are taken`);
  }, OFTEN);
}

async function queued(): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, each) => sum + each.queued, 0);
}

async function untilSettled(): Promise<void> {
  await untilTaken();
  await eventually(async () => {
    const left = await queued();
    if (left > 0) throw new Error(`${left} are queued`);
  }, OFTEN);
}

/** One event kills every worker that takes it, until it is a dead letter. */
async function crashWorkers(): Promise<void> {
  await fleet.tell('behaviour', { pixel: REFUSED, kind: 'hang', when: 'before_judging' });
  await send(REFUSED, 1);
  await untilTaken();
  let asked = await requests();
  while ((await queued()) > 0) {
    const worker = await fleet.start('worker');
    await eventually(async () => {
      const now = await requests();
      if (now === asked && (await queued()) > 0) throw new Error('nothing is under way');
      asked = now;
    }, OFTEN);
    worker.kill('SIGKILL');
    await worker.exited;
  }
  await fleet.untell('hang');
}

/** How many requests the sandbox got so far. */
async function requests(): Promise<number> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/state`);
  return ((await answer.json()) as { totals: { requests: number } }).totals.requests;
}

/** A replay that control carries on, stopped while some of its events wait in the queue. */
async function replayInPart(): Promise<string> {
  const worker = await fleet.start('worker');
  const control = await fleet.start('control');
  const { command, args } = runs('cli/replay/main.ts');
  const where = ['--where', `pixel:${FAILING}`, '--rate', '1', '--canary', '2'];
  const flags = [...where, '--detach', '--yes', '--config', fleet.configuration];
  execFileSync(command, [...args, ...flags], { stdio: 'pipe' });
  const newest = async () => (await listReplays(fleet.store, 1)).at(0);
  const replayed = async (least: number) =>
    eventually(async () => {
      if (((await newest())?.counts.replayed ?? 0) < least) throw new Error('not that far yet');
    }, OFTEN);
  await replayed(4);
  await worker.stop();
  await replayed(((await newest())?.counts.replayed ?? 0) + 2);
  control.kill('SIGKILL');
  await control.exited;
  return (await newest())?.spec.id ?? '';
}

/** A lane that a dead token halts. */
async function haltLane(): Promise<void> {
  await fleet.tell('behaviour', { pixel: HALTED, kind: 'token_expired' });
  await send(HALTED, 3);
  const worker = await fleet.start('worker');
  await eventually(async () => {
    if (!(await createLaneBoard(fleet.store).read()).has(HALTED)) throw new Error('not halted yet');
  }, OFTEN);
  await worker.stop();
}

async function record(): Promise<void> {
  const ingest = await fleet.start('ingest');
  const worker = await fleet.start('worker');
  await fleet.tell('behaviour', { pixel: '*', kind: 'reject_event', eventName: REFUSED_EVENT });
  for (const pixel of PIXELS) await send(pixel, 5);
  await send(REFUSED, 4, { event: REFUSED_EVENT });
  await sendBad();
  await untilSettled();
  await fleet.tell('behaviour', { pixel: FAILING, kind: 'status', status: 500 });
  await send(FAILING, 30);
  await untilSettled();
  await fleet.untell('status');
  await fleet.tell('behaviour', { pixel: FAILING, kind: 'reset', when: 'before_judging' });
  await send(FAILING, 3);
  await untilSettled();
  await fleet.untell('reset');
  await worker.stop();
  await crashWorkers();
  const replay = await replayInPart();
  await haltLane();
  const counts: [string, number][] = [
    [REFUSED, 10],
    [FAILING, 4],
    [HALTED, 6],
  ];
  for (const [pixel, count] of counts) await send(pixel, count);
  await untilTaken();
  await ingest.stop();
  await save(replay);
}

async function save(replay: string): Promise<void> {
  const at = Date.now();
  const accepted = [...(await fleet.accepted()).keys()];
  const dead: [string, string | null][] = [];
  for await (const { reason, eventId } of fleet.deadLetters()) dead.push([reason, eventId]);
  const settled = new Set([...accepted, ...dead.map(([, eventId]) => eventId)]);
  const waiting = good.filter((id) => !settled.has(id));
  const content = await readContent(fleet.redis, fleet.prefix, at);
  const { prefix, topic } = fleet;
  const about = { commit: PREVIOUS, at, prefix, topic, sealingKey, messages: sent, accepted };
  writeRecording({ about: { ...about, waiting, dead, halted: HALTED, replay }, content });
}

try {
  await record();
} finally {
  await fleet.stop();
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
