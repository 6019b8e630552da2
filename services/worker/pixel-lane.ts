import { openRecord } from '#core/record.ts';
import { readRecordFacts } from '#core/record-facts.ts';
import { openEnvelope, sealEnvelope } from '#queue/envelope.ts';
import type { Disposition, HeldEnvelope } from '#queue/lane.ts';
import { RecordLines } from '#queue/record-lines.ts';
import { SealError, type Sealer } from '#queue/sealing.ts';
import type { SettlementStore } from '#queue/settlement.ts';
import type { TroubledEnvelopes } from '#queue/troubled-envelopes.ts';
import { crashed, type EnvelopeFacts } from './dead-letter.ts';
import type { Gatherer } from './gatherer.ts';
import { type Judgement, type JudgementPolicy, judge } from './judgement.ts';
import type { LaneObserver } from './observer.ts';
import { recover } from './recovery.ts';
import { type Suspects, treatmentOf } from './suspects.ts';

export interface PixelLaneRooms {
  readonly pixelId: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  /** Does some work as soon as so many events more may be in this process's memory. */
  readonly held: <T>(events: number, work: () => Promise<T>) => Promise<T>;
  readonly troubled: TroubledEnvelopes;
  readonly suspects: Suspects;
  readonly gatherer: Gatherer;
  readonly policy: JudgementPolicy;
  readonly observer: LaneObserver;
  /** True once the worker has no time left to wait for answers. */
  readonly stopping: () => boolean;
}

const DONE: Disposition = { kind: 'done' };

/** After so many failures an envelope travels alone: perhaps it is one of its events that fails. */
const ALONE_AFTER = 2;

/** An envelope that could not even be buried is looked at again no sooner, in ms. */
const SET_ASIDE_MS = 3_600_000;

/**
 * What a worker does with each envelope of a pixel: open, screen, send in batches, settle. Where
 * it stands is written to Redis before the envelope is acknowledged.
 */
export function createEnvelopeHandler(
  rooms: PixelLaneRooms,
): (envelope: HeldEnvelope) => Promise<Disposition> {
  const { policy, suspects } = rooms;
  const handle = async (envelope: HeldEnvelope): Promise<Disposition> => {
    const { stalls, failures } = envelope;
    const settled = stalls > 0 ? await recover(rooms, envelope) : null;
    if (settled !== null) return settled;
    const suspect = stalls >= policy.suspects.suspectAfter;
    if (suspect) return suspects.alone(() => workOnSuspect(rooms, envelope));
    return work(rooms, envelope, failures >= ALONE_AFTER);
  };
  return (envelope) => rooms.held(envelope.data.n, () => handle(envelope));
}

async function work(
  rooms: PixelLaneRooms,
  envelope: HeldEnvelope,
  alone: boolean,
): Promise<Disposition> {
  const opened = await open(rooms, envelope, openRecord);
  if (opened === null) return { kind: 'behind', waitMs: rooms.policy.unreadableMs };
  const { facts, records } = opened;
  const fates = await rooms.gatherer.deliver(records, alone);
  const chance = { now: Date.now(), random: Math.random(), stopping: rooms.stopping() };
  const judgement = judge(records, fates, facts, rooms.policy, chance);
  await settle(rooms, envelope, facts, judgement);
  return judgement.disposition;
}

/** An envelope whose workers vanished; how often it was begun is written down before it is opened. */
async function workOnSuspect(rooms: PixelLaneRooms, envelope: HeldEnvelope): Promise<Disposition> {
  const { pixelId, troubled, policy, observer } = rooms;
  const begun = await troubled.suspect(pixelId, envelope.id);
  const treatment = treatmentOf(begun, policy.suspects);
  observer.suspect(envelope.id, treatment);
  switch (treatment) {
    case 'try': {
      const disposition = await work(rooms, envelope, true);
      await troubled.clear(pixelId, envelope.id);
      return disposition;
    }
    case 'bury':
      return bury(rooms, envelope);
    case 'set_aside':
      return { kind: 'behind', waitMs: SET_ASIDE_MS };
  }
}

/** Makes dead letters of all its events without looking into them. */
async function bury(rooms: PixelLaneRooms, envelope: HeldEnvelope): Promise<Disposition> {
  const opened = await open(rooms, envelope, readRecordFacts);
  if (opened === null) return { kind: 'behind', waitMs: rooms.policy.unreadableMs };
  const { facts, records } = opened;
  const now = Date.now();
  const deadLetters = records.map((record) => crashed(record, facts, now));
  await settle(rooms, envelope, facts, { delivered: 0, deadLetters, remaining: [] });
  return DONE;
}

/** Null when it does not open: then it stays in the queue until it does. */
async function open<R>(
  rooms: PixelLaneRooms,
  envelope: HeldEnvelope,
  read: (line: Buffer) => R,
): Promise<{ facts: EnvelopeFacts; records: R[] } | null> {
  const { pixelId, sealer, troubled, observer } = rooms;
  try {
    const { sources, lines } = openEnvelope(sealer, pixelId, envelope.data);
    const facts = { pixelId, sources, failures: envelope.failures };
    const records = lines.map(read);
    observer.readable();
    return { facts, records };
  } catch (error) {
    // What other errors say may quote the envelope.
    const why = error instanceof SealError ? error.message : 'it holds no records that can be read';
    observer.unreadable(envelope.id, why);
    // A note for people: without it the envelope waits all the same.
    await troubled.unreadable(pixelId, envelope.id, why).catch(() => undefined);
    return null;
  }
}

async function settle(
  rooms: PixelLaneRooms,
  envelope: HeldEnvelope,
  facts: EnvelopeFacts,
  judgement: Pick<Judgement, 'delivered' | 'deadLetters' | 'remaining'>,
): Promise<void> {
  const { pixelId, sealer, store, observer } = rooms;
  const { delivered, deadLetters, remaining } = judgement;
  const { n: events } = envelope.data;
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
  const reasons = deadLetters.map((letter) => letter.facts.reason);
  observer.settled(envelope.id, delivered, reasons, remaining.length);
}
