import { randomBytes } from 'node:crypto';
import { createKeys, NO_PIXEL } from '../keys.ts';
import { createSealer, type Sealer } from '../sealing.ts';
import { createStore, type Store } from '../store.ts';
import { RecordLines, sealEnvelope } from './envelope.ts';
import type { Intake } from './writer.ts';
import { createIntakeStore } from './writer.ts';

const PIXEL = '0';
const ENVELOPE = 'trial';
const GROUP = 'trial';
const AT = { topic: 'trial', partition: 0 };

/**
 * Carries out an intake with an envelope and a dead letter under keys that nothing else uses, and
 * removes them again.
 * @throws Error with what Redis answers instead
 */
export async function tryIntake(store: Store): Promise<void> {
  const trial = `${store.keys.trial}:${randomBytes(6).toString('hex')}`;
  const sealer = createSealer('trial', [{ id: 'trial', key: randomBytes(32) }]);
  const intake = createIntakeStore(createStore(store.redis, trial), { groupId: GROUP, sealer });
  try {
    const answer = await intake.write(intakeOf(sealer));
    if (answer !== 'written') throw new Error(`it answers ${String(answer)}`);
  } finally {
    await store.redis.del(...keysOf(trial));
  }
}

function intakeOf(sealer: Sealer): Intake {
  const name = { pixelId: PIXEL, id: ENVELOPE };
  const lines = RecordLines.of([Buffer.from('trial')]);
  const data = sealEnvelope(sealer, name, [[AT.topic, AT.partition]], lines);
  const facts = {
    pixelId: PIXEL,
    stage: 'ingest',
    reason: 'invalid_event',
    message: 'a trial',
    kafka: { ...AT, offset: 0, timestamp: 0 },
    diedAt: 0,
    horizon: null,
    eventName: null,
    eventId: null,
    attempts: 0,
    replays: 0,
    refusal: null,
    unknown: false,
    holds: 'message',
  } as const;
  return {
    envelopes: [{ ...name, data }],
    deadLetters: [{ facts, content: Buffer.from('trial') }],
    counts: new Map([[PIXEL, { consumed: 2, filtered: 0, dead: 1, queued: 1 }]]),
    steps: [{ ...AT, from: null, to: 1 }],
  };
}

function keysOf(prefix: string): string[] {
  const keys = createKeys(prefix);
  const watermark = keys.watermark(GROUP, AT.topic, AT.partition);
  const ofQueue = ['wait', 'meta', 'id', 'events', 'marker'];
  return [
    ...Object.values(keys.dead),
    ...ofQueue.map((part) => keys.ofQueue(PIXEL, part)),
    keys.job(PIXEL, ENVELOPE),
    keys.open(PIXEL),
    keys.ledger(PIXEL),
    keys.ledger(NO_PIXEL),
    keys.pixels,
    watermark,
    keys.marker(watermark),
  ];
}
