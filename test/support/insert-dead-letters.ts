import { randomInt } from 'node:crypto';
import type { NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { horizonOf } from '#core/event/horizon.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import { eventIdShown } from '#core/privacy/harmless.ts';
import { writeRecord } from '#core/record/record.ts';
import type { NewDeadLetter } from '#store/dead-letters/script-arguments.ts';
import { createIntakeStore } from '#store/intake/writer.ts';
import { NO_PIXEL } from '#store/keys.ts';
import type { Sealer } from '#store/sealing.ts';
import type { Store } from '#store/store.ts';

/** A dead letter whose event Meta would take: `at` names it. */
export function deadRecord(
  at: number,
  pixelId: string,
  facts: Partial<NewDeadLetterFacts> = {},
): NewDeadLetter {
  const now = Date.now();
  const time = Math.floor(now / 1000) - 60;
  const kafka = { topic: 'buried', partition: 0, offset: at, timestamp: now - 60_000 };
  const plain = {
    event_name: 'Lead',
    event_time: time,
    event_id: `buried-${at}`,
    action_source: 'email' as const,
    user_data: {},
  };
  const line = writeRecord({ plain, personal: { em: `jane${at}@example.com` } }, kafka, 0);
  return {
    facts: {
      pixelId,
      stage: 'worker',
      reason: 'out_of_retries',
      message: 'every attempt failed; the last answer is kept here',
      kafka,
      diedAt: now,
      horizon: horizonOf(time, 'email'),
      eventName: 'Lead',
      eventId: eventIdShown(plain.event_id),
      attempts: 12,
      replays: 0,
      refusal: {
        status: 500,
        code: 2,
        subcode: null,
        message: `(#2) Service temporarily unavailable, ${at}`,
        traceId: `Trace${at}`,
        index: null,
      },
      unknown: false,
      holds: 'record',
      ...facts,
    },
    content: Buffer.from(line, 'utf8'),
  };
}

/** A dead letter that the mapping refused. */
export function deadMessage(at: number, pixelId: string, event: object): NewDeadLetter {
  const { facts } = deadRecord(at, pixelId);
  return {
    facts: {
      ...facts,
      stage: 'ingest',
      reason: 'missing_value',
      message: 'Purchase needs a value',
      eventName: 'Order Completed',
      attempts: 0,
      refusal: null,
      holds: 'message',
    },
    content: writeMessage({ key: null, value: Buffer.from(JSON.stringify(event)), headers: {} }),
  };
}

/** Writes dead letters as ingest does, and the ledgers with them. */
export async function insertDeadLetters(
  store: Store,
  sealer: Sealer,
  deadLetters: readonly NewDeadLetter[],
): Promise<void> {
  const intake = createIntakeStore(store, { groupId: 'buried', sealer });
  const counts = new Map<
    string,
    { consumed: number; filtered: number; dead: number; queued: number }
  >();
  for (const { facts } of deadLetters) {
    const pixel = facts.pixelId ?? NO_PIXEL;
    const { dead } = counts.get(pixel) ?? { dead: 0 };
    counts.set(pixel, { consumed: dead + 1, filtered: 0, dead: dead + 1, queued: 0 });
  }
  const partition = randomInt(1_000_000_000);
  const steps = [{ topic: 'buried', partition, from: null, to: 1 }];
  await intake.write({ envelopes: [], deadLetters, counts, steps });
  await intake.close();
}
