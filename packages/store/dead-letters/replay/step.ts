import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts, NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { withReplays, withSource } from '#core/record/record.ts';
import {
  type EnvelopeSource,
  type NewEnvelope,
  RecordLines,
  replayEnvelopeId,
  sealEnvelope,
} from '../../intake/envelope.ts';
import { ReceiptGroups } from '../../receipts/groups.ts';
import { letterName, PositionNames } from '../../receipts/names.ts';
import type { Sealer } from '../../sealing.ts';
import { filteredField, type LedgerChange } from '../../status/ledger.ts';
import type { SealedStore } from '../../store.ts';
import { sumByLedger } from '../change.ts';
import type { PlacedLetter } from '../pages/reader.ts';
import { openLetters } from '../read.ts';
import { countReplayed, type ReplayCounts } from './counts.ts';
import { type EligibilityPolicy, skipReasonOf } from './eligibility.ts';
import { createRemap, type Remap, type ReplayEventResult } from './remap.ts';
import { progressFields, type Replay } from './state.ts';

type EnvelopeLimits = Pick<Configuration['ingest']['envelope'], 'maxEvents' | 'maxBytes'>;

/** A dead letter with what becomes of it. */
export interface ResolvedLetter {
  readonly facts: DeadLetterFacts;
  readonly content: Buffer;
  readonly results: readonly ReplayEventResult[];
}

interface EnvelopeDeps {
  readonly sealer: Sealer;
  readonly limits: EnvelopeLimits;
  readonly told: ToldOfReplay;
}

/** Receipts by position, as of every event, and by the id that a person may ask for. */
interface ToldOfReplay {
  readonly byPosition: ReceiptGroups;
  readonly byLetter: ReceiptGroups;
}

interface OpenEnvelope {
  readonly id: string;
  readonly lines: RecordLines;
  readonly sources: EnvelopeSource[];
}

/**
 * One step of a replay: dead letters are removed, and what became of them takes their place.
 *
 * Each leaves the ledger that it was counted in, as consumed and as dead, and is counted again where
 * it goes. For the same pixel that leaves `consumed` as it was, unless rules make more than one of it. An event whose pixel could not be
 * told was consumed by none; now that it has pixels, each of them has consumed it and none has not,
 * as if it had been readable from the start: so every ledger balances, and none counts it twice.
 */
function changeOf(
  replay: string,
  letters: readonly ResolvedLetter[],
  sealer: Sealer,
  limits: EnvelopeLimits,
) {
  const told = { byPosition: new ReceiptGroups('p'), byLetter: new ReceiptGroups('m') };
  const envelopes = envelopesOf(replay, letters, { sealer, limits, told });
  return {
    removed: letters.map(({ facts }) => facts),
    envelopes,
    told: [...told.byPosition.take(), ...told.byLetter.take()],
    inserted: letters.flatMap(({ facts, content, results }) =>
      results
        .filter((result) => result.kind === 'dead')
        .map((result) => ({ facts: rejectedFacts(facts, result), content })),
    ),
    ledgers: sumByLedger(
      letters.flatMap(({ facts, results }) => [
        [facts, { consumed: -1, dead: -1 }] as const,
        ...results.map((result) => [result, gainOf(result)] as const),
      ]),
    ),
  };
}

function gainOf(result: ReplayEventResult): LedgerChange {
  const gain = { consumed: 1, [result.kind]: 1 };
  return result.kind === 'filtered' ? { ...gain, [filteredField(result.reason)]: 1 } : gain;
}

/** When it died stays; only why it is dead may be another reason today. */
function rejectedFacts(
  { id: _, ...facts }: DeadLetterFacts,
  { pixelId, reason, message, part = facts.part }: ReplayEventResult & { readonly kind: 'dead' },
): NewDeadLetterFacts {
  const which = part === undefined ? {} : { part };
  return { ...facts, pixelId, reason, message, ...which, replays: facts.replays + 1 };
}

/** Gathers records into envelopes, as large as those of ingest. */
function envelopesOf(
  replay: string,
  letters: readonly ResolvedLetter[],
  { sealer, limits, told }: EnvelopeDeps,
): NewEnvelope[] {
  const { maxEvents, maxBytes } = limits;
  const open = new Map<string, OpenEnvelope>();
  const closed: NewEnvelope[] = [];
  const close = (pixelId: string, { id, sources, lines }: OpenEnvelope): void => {
    open.delete(pixelId);
    const name = { pixelId, id };
    closed.push({ ...name, data: sealEnvelope(sealer, name, sources, lines) });
  };
  for (const { facts, results } of letters) {
    for (const result of results) {
      if (result.kind !== 'queued') {
        addReceipts(told, result, facts, replayEnvelopeId(replay, facts.id));
        continue;
      }
      const { pixelId, line } = result;
      const envelope = open.get(pixelId) ?? newEnvelope(replay, facts);
      open.set(pixelId, envelope);
      addReceipts(told, result, facts, envelope.id);
      const source = sourceIn(envelope.sources, facts);
      envelope.lines.add(withSource(withReplays(line, facts.replays + 1), source));
      const { count, byteLength } = envelope.lines;
      if (count >= maxEvents || byteLength >= maxBytes) close(pixelId, envelope);
    }
  }
  for (const [pixelId, envelope] of open) close(pixelId, envelope);
  return closed;
}

/** Named after its first event, whose id no other dead letter has, now or later. */
function newEnvelope(replay: string, { id }: DeadLetterFacts): OpenEnvelope {
  return { id: replayEnvelopeId(replay, id), lines: new RecordLines(), sources: [] };
}

function sourceIn(
  sources: EnvelopeSource[],
  { kafka: { topic, partition } }: DeadLetterFacts,
): number {
  const known = sources.findIndex((source) => source[0] === topic && source[1] === partition);
  return known >= 0 ? known : sources.push([topic, partition]) - 1;
}

const POSITIONS = new PositionNames();

/**
 * Adds what a step of a replay tells of an event.
 * @param envelope the one that it is in; where it is not queued, the one that it would be in
 */
function addReceipts(
  { byPosition, byLetter }: ToldOfReplay,
  result: ReplayEventResult,
  { id, kafka }: DeadLetterFacts,
  envelope: string,
): void {
  const { pixelId, kind: outcome } = result;
  const reason = result.kind === 'queued' ? {} : { reason: result.reason };
  const facts = { pixelId, outcome, ...reason, envelope };
  const key = `${pixelId} ${outcome} ${'reason' in result ? result.reason : envelope}`;
  const position = POSITIONS.nameOf(kafka);
  byPosition.add(key, facts, position);
  byLetter.add(key, facts, Buffer.concat([letterName(id), position]));
}

/** What becomes of dead letters at this moment. Those that stay as they are are counted; `now` is Unix ms. */
async function resolveLetters(
  store: SealedStore,
  letters: readonly DeadLetterFacts[],
  by: { remap: Remap; policy: EligibilityPolicy; counts: ReplayCounts; now: number },
): Promise<ResolvedLetter[]> {
  const { remap, policy, counts, now } = by;
  const opened = await openLetters(store, letters);
  counts.matched += letters.length;
  counts.skipped.gone += letters.length - opened.length;
  const resolved: ResolvedLetter[] = [];
  for (const { facts, content } of opened) {
    const skip = skipReasonOf(facts, now, policy);
    if (skip !== null) counts.skipped[skip] += 1;
    else if (!Buffer.isBuffer(content)) counts.skipped.unreadable += 1;
    else {
      const results = remap(facts, content, now);
      if (typeof results === 'string') counts.skipped[results] += 1;
      else {
        resolved.push({ facts, content, results });
        countReplayed(counts, results);
      }
    }
  }
  return resolved;
}

/** The sections of the configuration that decide how events are replayed. */
export type ReplaySections = Pick<Configuration, 'pixels' | 'ingest' | 'receipts'>;

/** Opens dead letters and says what becomes of them, with the settings of the moment. */
export function createResolver(store: SealedStore, configuration: () => ReplaySections) {
  let made: { readonly of: ReplaySections; readonly remap: Remap } | null = null;
  /** What stays as it is is counted; `now` is Unix ms. */
  return async (
    letters: readonly DeadLetterFacts[],
    asked: Omit<EligibilityPolicy, 'pixelIds'>,
    counts: ReplayCounts,
    now: number,
  ) => {
    const settings = configuration();
    const { pixels, ingest } = settings;
    if (made?.of !== settings) made = { of: settings, remap: createRemap(pixels, ingest) };
    const policy = { ...asked, pixelIds: new Set(pixels.map(({ pixelId }) => pixelId)) };
    const by = { remap: made.remap, policy, counts, now };
    return { settings, resolved: await resolveLetters(store, letters, by) };
  };
}

/** Plans the steps of a replay. */
export function createStepPlanner(deps: {
  readonly store: SealedStore;
  readonly configuration: () => ReplaySections;
}) {
  const resolve = createResolver(deps.store, deps.configuration);
  /** @param at how far the replay has come with it */
  return async (
    part: readonly PlacedLetter[],
    replay: Replay,
    at: Pick<Replay, 'cursor' | 'held'>,
    now: number,
  ) => {
    const letters = part.map(({ facts }) => facts);
    const counts = structuredClone(replay.counts);
    const { spec } = replay;
    const { settings, resolved } = await resolve(letters, spec, counts, now);
    const { ingest, receipts } = settings;
    const { told, ...change } = changeOf(spec.id, resolved, deps.store.sealer, ingest.envelope);
    // One that several pixels get is several events.
    const queued = replay.queued + change.envelopes.reduce((sum, { data }) => sum + data.n, 0);
    const news = { ...at, counts, queued, updatedAt: now };
    const progress = { replay: spec.id, fields: progressFields(news) };
    const receiptsTold = { all: told, policy: receipts.enabled ? receipts : null };
    return { change: { ...change, progress, receipts: receiptsTold }, news };
  };
}
