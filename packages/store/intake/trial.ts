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
 * Carries out an intake with an envelope, a dead letter and a parked event under keys that nothing else
 * uses, reads that event again, and removes the keys.
 * @throws Error with what Redis answers instead
 */
export async function tryIntake(store: Store): Promise<void> {
  const trial = `${store.keys.trial}:${randomBytes(6).toString('hex')}`;
  const sealer = createSealer('trial', [{ id: 'trial', key: randomBytes(32) }]);
  const intake = createIntakeStore(createStore(store.redis, trial), { groupId: GROUP, sealer });
  try {
    for (const each of [intakeOf(sealer), rereadOf()]) {
      const answer = await intake.write(each);
      if (answer !== 'written') throw new Error(`it answers ${String(answer)}`);
    }
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
    counts: new Map([[PIXEL, { consumed: 3, filtered: 0, dead: 1, queued: 1, parked: 1 }]]),
    steps: [{ ...AT, from: null, to: 1 }],
    parking: [
      { at: AT, kind: 'park', pixelId: PIXEL, from: 0, to: 1, events: 1, timestamp: 0 },
      { at: AT, kind: 'seen', to: 1, topicId: null },
    ],
  };
}

function rereadOf(): Intake {
  const counts = { consumed: 1, filtered: 1, dead: 0, queued: 0 };
  const found = { at: AT, kind: 'found', pixelId: PIXEL, from: 0, to: 1 } as const;
  return {
    envelopes: [],
    deadLetters: [],
    counts: new Map([[PIXEL, counts]]),
    steps: [],
    parking: [{ ...found, events: 1, timestamp: 0, gone: 0 }],
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
    keys.parked,
    keys.parkedOf(GROUP, AT.topic, AT.partition),
    watermark,
    keys.marker(watermark),
  ];
}
