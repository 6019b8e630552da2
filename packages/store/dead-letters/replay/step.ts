import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts, NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { withReplays, withSource } from '#core/record/record.ts';
import type { NewEnvelope } from '../../intake/envelope.ts';
import {
  type EnvelopeSource,
  RecordLines,
  replayEnvelopeId,
  sealEnvelope,
} from '../../intake/envelope.ts';
import type { Sealer } from '../../sealing.ts';
import { sealerOf } from '../../sealing.ts';
import type { LedgerChange } from '../../status/ledger.ts';
import type { Store } from '../../store.ts';
import { type DeadLetterChange, ledgerOf } from '../change.ts';
import type { LetterPlace } from '../pages/reader.ts';
import type { OpenedLetter } from '../read.ts';
import { openLetters } from '../read.ts';
import type { NewDeadLetter } from '../script-arguments.ts';
import { ReplayCounter } from './counts.ts';
import { type EligibilityPolicy, skipReasonOf } from './eligibility.ts';
import type { ReplayEventResult } from './remap.ts';
import { createRemap, type Remap } from './remap.ts';
import { progressFields, type Replay, type ReplayFields } from './state.ts';

/** A dead letter with what becomes of it. */
interface ResolvedLetter {
  readonly facts: DeadLetterFacts;
  readonly content: Buffer;
  readonly results: readonly ReplayEventResult[];
}

interface EnvelopeLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
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
 * it goes. For the same pixel that leaves `consumed` as it was. An event whose pixel could not be
 * told was consumed by none; now that it has pixels, each of them has consumed it and none has not,
 * as if it had been readable from the start: so every ledger balances, and none counts it twice.
 */
function changeOf(
  replay: string,
  letters: readonly ResolvedLetter[],
  sealer: Sealer,
  limits: EnvelopeLimits,
): Pick<DeadLetterChange, 'removed' | 'envelopes' | 'inserted' | 'ledgers'> {
  const changes = new Changes();
  const envelopes = new Envelopes(replay, sealer, limits);
  const inserted: NewDeadLetter[] = [];
  for (const { facts, content, results } of letters) {
    changes.add(ledgerOf(facts), 'consumed', -1);
    changes.add(ledgerOf(facts), 'dead', -1);
    for (const result of results) {
      changes.add(ledgerOf(result), 'consumed', 1);
      changes.add(ledgerOf(result), result.kind, 1);
      if (result.kind === 'queued') envelopes.add(result.pixelId, result.line, facts);
      if (result.kind === 'dead') inserted.push({ facts: rejectedFacts(facts, result), content });
    }
  }
  const removed = letters.map(({ facts }) => facts);
  return { removed, envelopes: envelopes.close(), inserted, ledgers: changes.all };
}

/** When it died stays; only why it is dead may be another reason today. */
function rejectedFacts(
  { id: _, ...facts }: DeadLetterFacts,
  { pixelId, reason, message }: ReplayEventResult & { readonly kind: 'dead' },
): NewDeadLetterFacts {
  return { ...facts, pixelId, reason, message, replays: facts.replays + 1 };
}

class Changes {
  readonly all = new Map<string, LedgerChange>();

  add(ledger: string, field: keyof LedgerChange, by: number): void {
    const change = this.all.get(ledger) ?? {};
    this.all.set(ledger, { ...change, [field]: (change[field] ?? 0) + by });
  }
}

/** Gathers records into envelopes, as large as those of ingest. */
class Envelopes {
  private readonly open = new Map<string, OpenEnvelope>();
  private readonly closed: NewEnvelope[] = [];
  private readonly replay: string;
  private readonly sealer: Sealer;
  private readonly limits: EnvelopeLimits;

  constructor(replay: string, sealer: Sealer, limits: EnvelopeLimits) {
    this.replay = replay;
    this.sealer = sealer;
    this.limits = limits;
  }

  add(pixelId: string, line: Buffer, facts: DeadLetterFacts): void {
    const envelope = this.open.get(pixelId) ?? newEnvelope(this.replay, facts);
    this.open.set(pixelId, envelope);
    const source = sourceIn(envelope.sources, facts);
    envelope.lines.add(withSource(withReplays(line, facts.replays + 1), source));
    const { count, byteLength } = envelope.lines;
    if (count >= this.limits.maxEvents || byteLength >= this.limits.maxBytes) this.seal(pixelId);
  }

  close(): readonly NewEnvelope[] {
    for (const pixelId of [...this.open.keys()]) this.seal(pixelId);
    return this.closed;
  }

  private seal(pixelId: string): void {
    const envelope = this.open.get(pixelId);
    if (envelope === undefined) return;
    this.open.delete(pixelId);
    const { id, sources, lines } = envelope;
    const name = { pixelId, id };
    this.closed.push({ ...name, data: sealEnvelope(this.sealer, name, sources, lines) });
  }
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

/**
 * What becomes of dead letters at this moment. Those that stay as they are are counted; `now` is
 * Unix ms.
 *
 * @param letters those that were to be letters
 * @param opened those of them that are still there
 */
export function resolveLetters(
  letters: readonly DeadLetterFacts[],
  opened: readonly OpenedLetter[],
  by: { remap: Remap; policy: EligibilityPolicy; counts: ReplayCounter; now: number },
): ResolvedLetter[] {
  const { remap, policy, counts, now } = by;
  counts.matched += letters.length;
  counts.skip('gone', letters.length - opened.length);
  const resolved: ResolvedLetter[] = [];
  for (const { facts, content } of opened) {
    const skip = skipReasonOf(facts, now, policy);
    if (skip !== null) counts.skip(skip);
    else if (!Buffer.isBuffer(content)) counts.skip('unreadable');
    else {
      const results = remap(facts, content, now);
      if (typeof results === 'string') counts.skip(results);
      else resolved.push({ facts, content, results });
    }
  }
  for (const { results } of resolved) counts.noteResults(results);
  return resolved;
}

/** How many events are put into the queue: one that several pixels get is several. */
function queuedOf(letters: readonly ResolvedLetter[]): number {
  return letters.reduce(
    (sum, { results }) => sum + results.filter(({ kind }) => kind === 'queued').length,
    0,
  );
}

/** A step that is planned and not yet applied. */
interface PlannedStep {
  readonly change: ReturnType<typeof changeOf>;
  readonly news: Pick<Replay, 'counts' | 'queued' | 'updatedAt'>;
  /** How far the replay has come with it, when this was its last dead letter. */
  fieldsAt(place: LetterPlace | null): ReplayFields;
}

/** The sections of the configuration that decide how events are replayed. */
export type ReplaySections = Pick<Configuration, 'pixels' | 'ingest' | 'sealing'>;

/** Opens dead letters and says what becomes of them, with the settings of the moment. */
export type PlanStep = (
  letters: readonly DeadLetterFacts[],
  replay: Replay,
  now: number,
) => Promise<PlannedStep>;

export function createStepPlanner(deps: {
  readonly store: Store;
  readonly configuration: () => ReplaySections;
}): PlanStep {
  let made: { readonly of: ReplaySections; readonly remap: Remap } | null = null;
  const remapOf = (configuration: ReplaySections): Remap => {
    if (made?.of !== configuration) {
      made = { of: configuration, remap: createRemap(configuration.pixels, configuration.ingest) };
    }
    return made.remap;
  };
  return async (letters, replay, now) => {
    const configuration = deps.configuration();
    const { sealing, ingest, pixels } = configuration;
    const sealer = sealerOf(sealing);
    const opened = await openLetters(deps.store, letters, sealer);
    const counts = ReplayCounter.of(replay.counts);
    const pixelIds = new Set(pixels.map(({ pixelId }) => pixelId));
    const policy = { ...replay.spec, pixelIds };
    const remap = remapOf(configuration);
    const resolved = resolveLetters(letters, opened, { remap, policy, counts, now });
    const queued = replay.queued + queuedOf(resolved);
    return {
      change: changeOf(replay.spec.id, resolved, sealer, ingest.envelope),
      news: { counts, queued, updatedAt: now },
      fieldsAt: (place) => progressFields(place, counts, queued, now),
    };
  };
}
