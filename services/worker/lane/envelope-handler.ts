import { setTimeout as sleep } from 'node:timers/promises';
import { type FailedEnvelope, ISOLATE_AFTER } from '#core/delivery/poison.ts';
import { hashRecord, readRecordFacts, type SendableRecord } from '#core/record/record.ts';
import type { Disposition, HeldEnvelope } from '#store/delivery/lane.ts';
import type { TroubledEnvelopes } from '#store/delivery/poison.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';
import { openEnvelope } from '#store/intake/envelope.ts';
import { SealError, type Sealer } from '#store/sealing.ts';
import type { Batcher } from './batcher.ts';
import { crashed, type EnvelopeFacts } from './dead-letter.ts';
import type { LaneObserver } from './observer.ts';
import { poisonAction } from './poison.ts';
import { EnvelopeProgress } from './progress.ts';
import { type JudgementPolicy, judge } from './settle.ts';
import { awaitLateSettlement, isOrphan, recover } from './takeover.ts';

export interface PixelLaneRooms {
  readonly pixelId: string;
  readonly sealer: Sealer;
  readonly store: SettlementStore;
  /** Resolves when the process has time to open one envelope. */
  readonly turn: () => Promise<void>;
  /** Does some work while no other suspect is worked on; null when the lane closes before. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T | null>;
  readonly troubled: TroubledEnvelopes;
  /** Within this time a worker that lives renews its holds, in ms. */
  readonly noticeMs: number;
  readonly gatherer: Batcher;
  readonly policy: JudgementPolicy;
  readonly observer: LaneObserver;
  readonly onError: (error: Error) => void;
  /** True once the lane closes: what has not been opened by then is released as it is. */
  readonly closing: () => boolean;
  /** True once the worker has no time left to wait for answers. */
  readonly stopping: () => boolean;
}

/** How long an envelope stays in quarantine before its worker is asked about it again, in ms. */
const QUARANTINE_MS = 3_600_000;

/** While a worker that lives may still note that it was slow, in ms. */
const ASK_AGAIN_MS = 500;

/** An envelope that met an error of our own is tried again no sooner, in ms. */
const AFTER_ERROR_MS = 1000;

/**
 * What a worker does with each envelope of a pixel: open, screen, send in batches, settle. When it
 * resolves, Redis has what becomes of the envelope.
 */
export function createEnvelopeHandler(
  rooms: PixelLaneRooms,
): (envelope: HeldEnvelope) => Promise<void> {
  const { onError } = rooms;
  const giveBack = (envelope: HeldEnvelope) => release(rooms, envelope, { kind: 'giveBack' });
  const handle = async (envelope: HeldEnvelope): Promise<void> => {
    await envelope.lease.predecessor;
    await awaitLateSettlement(envelope);
    await rooms.turn();
    if (rooms.closing()) return giveBack(envelope);
    if (await isSuspect(rooms, envelope)) {
      const tried = await rooms.alone(async () => {
        await workOnSuspect(rooms, envelope);
        return true;
      });
      return tried === null ? giveBack(envelope) : undefined;
    }
    const ours = isOrphan(envelope) ? await recover(rooms, envelope) : envelope;
    if (ours !== null) await work(rooms, ours, ours.failures >= ISOLATE_AFTER);
  };
  return async (envelope) => {
    try {
      await handle(envelope);
    } catch (error) {
      onError(error as Error);
      await release(rooms, envelope, { kind: 'behind', waitMs: AFTER_ERROR_MS });
    }
  };
}

/**
 * Whether enough workers vanished while they held it. Those that were only slow do not count: one that
 * lives notes it when it next renews its holds, and is given the time for that.
 */
async function isSuspect(
  { pixelId, troubled, policy, noticeMs, closing }: PixelLaneRooms,
  { id, stalls }: HeldEnvelope,
): Promise<boolean> {
  const { suspectAfter } = policy.suspects;
  if (stalls < suspectAfter) return false;
  const until = performance.now() + noticeMs;
  while (performance.now() < until && !closing()) {
    if (stalls - (await troubled.late(pixelId, id)) < suspectAfter) return false;
    await sleep(ASK_AGAIN_MS);
  }
  return true;
}

async function work(rooms: PixelLaneRooms, envelope: HeldEnvelope, alone: boolean): Promise<void> {
  const opened = await open(rooms, envelope, hashRecord);
  if (opened === null) return;
  const { facts, records } = opened;
  const progress = new EnvelopeProgress(rooms, envelope, opened);
  const confirm = (accepted: readonly SendableRecord[]) => progress.confirm(accepted);
  const suspect: FailedEnvelope = { failures: envelope.failures, isolated: envelope.data.a === 1 };
  const origin = { lease: envelope.lease, suspect: alone ? suspect : null };
  const fates = await rooms.gatherer.deliver(records, confirm, origin);
  const chance = { now: Date.now(), random: Math.random(), stopping: rooms.stopping() };
  await progress.end(judge(records, fates, facts, rooms.policy, chance));
}

/**
 * An envelope whose workers vanished; how often it was begun is written down before it is opened. It
 * may have waited long for its turn, so it is asked only now whether it is still open.
 */
async function workOnSuspect(rooms: PixelLaneRooms, envelope: HeldEnvelope): Promise<void> {
  const { pixelId, troubled, policy, observer } = rooms;
  const ours = await recover(rooms, envelope);
  if (ours === null) return;
  const begun = await troubled.suspect(pixelId, ours.id);
  const action = poisonAction(begun, policy.suspects);
  observer.suspect(ours.id, action);
  switch (action) {
    case 'try':
      await work(rooms, ours, true);
      return troubled.clear(pixelId, ours.id);
    case 'dead_letter':
      return deadLetterAll(rooms, ours);
    case 'quarantine':
      return release(rooms, ours, { kind: 'behind', waitMs: QUARANTINE_MS });
  }
}

/** Makes dead letters of all its events without looking into them. */
async function deadLetterAll(rooms: PixelLaneRooms, envelope: HeldEnvelope): Promise<void> {
  const opened = await open(rooms, envelope, readRecordFacts);
  if (opened === null) return;
  const { facts, records } = opened;
  const now = Date.now();
  const deadLetters = records.map((record) => crashed(record, facts, now));
  const disposition = { kind: 'done' } as const;
  const progress = new EnvelopeProgress(rooms, envelope, { facts, records: [] });
  await progress.end({ delivered: 0, deadLetters, remaining: [], isolated: false, disposition });
}

/** Null when it does not open: then it is released, and stays in the queue until it does. */
async function open<R>(
  rooms: PixelLaneRooms,
  envelope: HeldEnvelope,
  read: (line: Buffer) => R,
): Promise<{ facts: EnvelopeFacts; records: R[] } | null> {
  const { pixelId, sealer, troubled, observer } = rooms;
  try {
    const { sources, lines } = openEnvelope(sealer, { pixelId, id: envelope.id }, envelope.data);
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
    await release(rooms, envelope, { kind: 'behind', waitMs: rooms.policy.unreadableMs });
    return null;
  }
}

/** Lets an envelope go as it is: nothing of it is settled, and no attempt counts. */
async function release(
  { pixelId, store, observer }: PixelLaneRooms,
  envelope: HeldEnvelope,
  next: Disposition,
): Promise<void> {
  const counts = { delivered: 0, deadLetters: [], remaining: envelope.data };
  const result = await store.settle({ pixelId, envelope, ...counts, next });
  if (result.kind === 'refused') observer.refused(envelope.id, result.open);
}
