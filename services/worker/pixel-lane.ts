import { type OpenedRecord, openRecord } from '#core/record.ts';
import { openEnvelope, sealEnvelope } from '#queue/envelope.ts';
import type { Disposition, HeldEnvelope } from '#queue/lane.ts';
import { RecordLines } from '#queue/record-lines.ts';
import type { Sealer } from '#queue/sealing.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import type { Gatherer } from './gatherer.ts';
import {
  type EnvelopeFacts,
  expired,
  type Judgement,
  type JudgementPolicy,
  judge,
} from './judgement.ts';
import type { LaneObserver } from './observer.ts';

export interface PixelLaneRooms {
  readonly pixelId: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  readonly gatherer: Gatherer;
  readonly policy: JudgementPolicy;
  readonly observer: LaneObserver;
  /** True once the worker has no time left to wait for answers. */
  readonly stopping: () => boolean;
}

const DONE: Disposition = { kind: 'done' };

/**
 * What a worker does with each envelope of a pixel: open, screen, send in batches, settle. Where
 * it stands is written to Redis before the envelope is acknowledged.
 */
export function createEnvelopeHandler(
  rooms: PixelLaneRooms,
): (envelope: HeldEnvelope) => Promise<Disposition> {
  const { pixelId, store, gatherer, policy } = rooms;
  return async (envelope) => {
    if (envelope.recovered && (await store.openEvents(pixelId, envelope.id)) === 0) return DONE;
    const opened = open(rooms, envelope);
    if (opened === null) {
      return { kind: 'rest', restMs: policy.unreadableMs, why: 'the envelope cannot be opened' };
    }
    const { facts, records } = opened;
    const now = Date.now();
    const fresh = records.filter(({ horizon }) => horizon > now / 1000);
    const fates = fresh.length === 0 ? [] : await gatherer.deliver(fresh);
    const chance = { now: Date.now(), random: Math.random(), stopping: rooms.stopping() };
    const judgement = judge(fresh, fates, facts, policy, chance);
    const late = records
      .filter(({ horizon }) => horizon <= now / 1000)
      .map((record) => expired(record, facts, now));
    await settle(rooms, envelope, facts, {
      ...judgement,
      deadLetters: [...judgement.deadLetters, ...late],
    });
    return judgement.disposition;
  };
}

interface Opened {
  readonly facts: EnvelopeFacts;
  readonly records: OpenedRecord[];
}

function open(rooms: PixelLaneRooms, envelope: HeldEnvelope): Opened | null {
  const { pixelId, sealer, observer } = rooms;
  try {
    const { sources, lines } = openEnvelope(sealer, pixelId, envelope.data);
    const facts = { pixelId, sources, failures: envelope.failures };
    return { facts, records: lines.map(openRecord) };
  } catch (error) {
    observer.unreadable(envelope.id, error as Error);
    return null;
  }
}

async function settle(
  rooms: PixelLaneRooms,
  envelope: HeldEnvelope,
  facts: EnvelopeFacts,
  judgement: Judgement,
): Promise<void> {
  const { pixelId, sealer, store, observer } = rooms;
  const { delivered, deadLetters, remaining } = judgement;
  const events = envelope.data.n;
  if (remaining.length < events) {
    const lines = RecordLines.of(remaining.map(({ line }) => line));
    await store.settle({
      pixelId,
      envelopeId: envelope.id,
      events,
      delivered,
      deadLetters,
      remaining: lines.count === 0 ? null : sealEnvelope(sealer, pixelId, facts.sources, lines),
    });
  }
  const reasons = deadLetters.map(({ facts: { reason } }) => reason);
  observer.settled(delivered, reasons, remaining.length);
}
