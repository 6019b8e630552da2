import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts, DeathFacts } from '#core/dead-letter/dead-letter.ts';
import { withReplays, withSource } from '#core/record/record.ts';
import type { NewEnvelope } from '../../intake/envelope.ts';
import { RecordLines, replayEnvelopeId, type Source, sealEnvelope } from '../../intake/envelope.ts';
import type { Sealer } from '../../sealing.ts';
import { sealerOf } from '../../sealing.ts';
import type { LedgerChange } from '../../status/ledger.ts';
import type { Store } from '../../store.ts';
import { ledgerOf, type Revival } from '../change.ts';
import type { Place } from '../pages/reader.ts';
import type { OpenedLetter } from '../read.ts';
import { openLetters } from '../read.ts';
import type { DeadLetter } from '../script-arguments.ts';
import { Counting } from './counts.ts';
import { type ScreeningPolicy, screen } from './eligibility.ts';
import type { Fate } from './remap.ts';
import { createRejudge, type Rejudge } from './remap.ts';
import { progressOf, type Replay, type ReplayFields } from './state.ts';

/** A dead letter with what becomes of it. */
export interface Judged {
  readonly facts: DeadLetterFacts;
  readonly content: Buffer;
  readonly fates: readonly Fate[];
}

export interface EnvelopeLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

interface OpenEnvelope {
  readonly id: string;
  readonly lines: RecordLines;
  readonly sources: Source[];
}

/**
 * One step of a replay: some dead letters end, and what became of them takes their place.
 *
 * Each leaves the ledger that it was counted in, as consumed and as dead, and is counted anew where
 * it goes. For the same pixel that leaves `consumed` as it was. An event whose pixel could not be
 * told was consumed by none; now that it has pixels, each of them has consumed it and none has not,
 * as if it had been readable from the start: so every ledger balances, and none counts it twice.
 */
export function stepOf(
  replay: string,
  judged: readonly Judged[],
  sealer: Sealer,
  limits: EnvelopeLimits,
): Pick<Revival, 'ended' | 'envelopes' | 'buried' | 'changes'> {
  const changes = new Changes();
  const envelopes = new Envelopes(replay, sealer, limits);
  const buried: DeadLetter[] = [];
  for (const { facts, content, fates } of judged) {
    changes.add(ledgerOf(facts), 'consumed', -1);
    changes.add(ledgerOf(facts), 'dead', -1);
    for (const fate of fates) {
      changes.add(ledgerOf(fate), 'consumed', 1);
      changes.add(ledgerOf(fate), fate.kind, 1);
      if (fate.kind === 'queued') envelopes.add(fate.pixelId, fate.line, facts);
      if (fate.kind === 'dead') buried.push({ facts: refused(facts, fate), content });
    }
  }
  const ended = judged.map(({ facts }) => facts);
  return { ended, envelopes: envelopes.close(), buried, changes: changes.all };
}

/** When it died stays; only why it is dead may be another reason today. */
function refused(
  { id: _, ...facts }: DeadLetterFacts,
  { pixelId, reason, message }: Fate & { readonly kind: 'dead' },
): DeathFacts {
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

function sourceIn(sources: Source[], { kafka: { topic, partition } }: DeadLetterFacts): number {
  const known = sources.findIndex((source) => source[0] === topic && source[1] === partition);
  return known >= 0 ? known : sources.push([topic, partition]) - 1;
}

/**
 * What becomes of dead letters at this moment. Those that stay as they are are counted; `now` is
 * Unix ms.
 *
 * @param letters those that were to be judged
 * @param opened those of them that are still there
 */
export function judgeAll(
  letters: readonly DeadLetterFacts[],
  opened: readonly OpenedLetter[],
  by: { rejudge: Rejudge; policy: ScreeningPolicy; tally: Counting; now: number },
): Judged[] {
  const { rejudge, policy, tally, now } = by;
  tally.matched += letters.length;
  tally.skip('gone', letters.length - opened.length);
  const judged: Judged[] = [];
  for (const { facts, content } of opened) {
    const skip = screen(facts, now, policy);
    if (skip !== null) tally.skip(skip);
    else if (!Buffer.isBuffer(content)) tally.skip('unreadable');
    else {
      const fates = rejudge(facts, content, now);
      if (typeof fates === 'string') tally.skip(fates);
      else judged.push({ facts, content, fates });
    }
  }
  for (const { fates } of judged) tally.judged(fates);
  return judged;
}

/** How many events are put into the queue: one that several pixels get is several. */
export function queuedOf(judged: readonly Judged[]): number {
  return judged.reduce(
    (sum, { fates }) => sum + fates.filter(({ kind }) => kind === 'queued').length,
    0,
  );
}

/** A step that has been thought out, and not been done. */
export interface JudgedStep {
  readonly revival: ReturnType<typeof stepOf>;
  readonly news: Pick<Replay, 'tally' | 'queued' | 'updatedAt'>;
  /** How far the replay has come with it, when this was its last dead letter. */
  fieldsAt(place: Place | null): ReplayFields;
}

/** The sections of the configuration that decide how events are replayed. */
export type ReplaySections = Pick<Configuration, 'pixels' | 'ingest' | 'sealing'>;

/** Opens dead letters and says what becomes of them, with the settings of the moment. */
export type Judge = (
  letters: readonly DeadLetterFacts[],
  replay: Replay,
  now: number,
) => Promise<JudgedStep>;

export function createJudge(rooms: {
  readonly store: Store;
  readonly configuration: () => ReplaySections;
}): Judge {
  let made: { readonly of: ReplaySections; readonly rejudge: Rejudge } | null = null;
  const rejudgeOf = (configuration: ReplaySections): Rejudge => {
    if (made?.of === configuration) return made.rejudge;
    const rejudge = createRejudge(configuration.pixels, configuration.ingest);
    made = { of: configuration, rejudge };
    return rejudge;
  };
  return async (letters, replay, now) => {
    const configuration = rooms.configuration();
    const { sealing, ingest, pixels } = configuration;
    const sealer = sealerOf(sealing);
    const opened = await openLetters(rooms.store, letters, sealer);
    const tally = Counting.of(replay.tally);
    const pixelIds = new Set(pixels.map(({ pixelId }) => pixelId));
    const policy = { ...replay.spec, pixelIds };
    const rejudge = rejudgeOf(configuration);
    const judged = judgeAll(letters, opened, { rejudge, policy, tally, now });
    const queued = replay.queued + queuedOf(judged);
    return {
      revival: stepOf(replay.spec.id, judged, sealer, ingest.envelope),
      news: { tally, queued, updatedAt: now },
      fieldsAt: (place) => progressOf(place, tally, queued, now),
    };
  };
}
