import type { DeadLetterFacts, DeathFacts } from '#core/dead-letter/dead-letter.ts';
import { withReplays, withSource } from '#core/record/record.ts';
import { replayEnvelopeId } from '../../delivery/replay-envelope.ts';
import { type Source, sealEnvelope } from '../../intake/envelope.ts';
import type { NewEnvelope } from '../../intake/intake.ts';
import { RecordLines } from '../../intake/record-lines.ts';
import type { Sealer } from '../../sealing.ts';
import type { LedgerChange } from '../../status/ledger.ts';
import type { DeadLetter } from '../burial.ts';
import { ledgerOf, type Revival } from '../revival.ts';
import type { Fate } from './rejudge.ts';

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
