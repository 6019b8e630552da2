import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import { causeKey, causeOf } from '#core/dead-letter/groups.ts';
import { formatCount } from '#core/text/format.ts';
import type { SealedStore } from '../../store.ts';
import { select } from '../select.ts';
import { noCounts } from './counts.ts';
import { NOTHING_ASKED } from './eligibility.ts';
import { createResolver, type ReplaySections, type ResolvedLetter } from './step.ts';

/** What a replay would do with some dead letters at a moment, with the settings of that moment. */
export interface Assessment {
  /** Unix ms. */
  readonly at: number;
  /** How many were looked at, the oldest first. */
  readonly assessed: number;
  /** Whether there are more. */
  readonly partial: boolean;
  /** How many would be put back into the queue. */
  readonly replayable: number;
  /** How many of these expire within 24 hours. */
  readonly soon: number;
  /** By the key of their cause. */
  readonly groups: ReadonlyMap<string, AssessedGroup>;
}

export interface AssessedGroup {
  readonly assessed: number;
  readonly replayable: number;
  /** How many of these expire within 24 hours. */
  readonly soon: number;
}

const SOON_MS = 24 * 3_600_000;
/** Large events end an assessment sooner: reading them must not hold Redis up. */
const MOST_BYTES = 16 * 2 ** 20;

/** What is shown again and again shows the same assessment for this long, in ms: it is costly. */
const KEPT_MS = 30_000;

/**
 * Maps dead letters again, as a replay would, and changes nothing. What only a person may ask for, such
 * as what Meta may have accepted two days ago, does not count as replayable.
 * @param most how many it looks at
 */
export function createAssessor(
  store: SealedStore,
  configuration: () => ReplaySections,
  most = 2000,
) {
  const resolve = createResolver(store, configuration);
  const assess = async (filter: DeadLetterFilter, now: number): Promise<Assessment> => {
    const counts = new AssessmentCounts(now);
    for await (const page of select(store, filter, { order: 'oldest', now })) {
      const part = page.slice(0, most - counts.assessed);
      counts.add(part, (await resolve(part, NOTHING_ASKED, noCounts(), now)).resolved);
      if (part.length < page.length || counts.bytes > MOST_BYTES) return counts.result(true);
    }
    return counts.result(false);
  };
  let last: { readonly where: string; readonly assessment: Assessment } | null = null;
  /** @param where the filter as text; `now` is Unix ms */
  return async (where: string, filter: DeadLetterFilter, now: number): Promise<Assessment> => {
    if (last?.where !== where || now - last.assessment.at >= KEPT_MS) {
      last = { where, assessment: await assess(filter, now) };
    }
    return last.assessment;
  };
}

class AssessmentCounts {
  private readonly now: number;
  private readonly groups = new Map<string, AssessedGroup>();
  private replayable = 0;
  private soon = 0;
  assessed = 0;
  /** Of the contents that were opened. */
  bytes = 0;

  constructor(now: number) {
    this.now = now;
  }

  add(letters: readonly DeadLetterFacts[], resolved: readonly ResolvedLetter[]): void {
    this.bytes += resolved.reduce((sum, { content }) => sum + content.length, 0);
    const queued = resolved.filter(({ results }) => results.some(({ kind }) => kind === 'queued'));
    const ids = new Set(queued.map(({ facts: { id } }) => id));
    for (const facts of letters) this.addOne(facts, ids.has(facts.id) ? 1 : 0);
  }

  private addOne(facts: DeadLetterFacts, replayable: 0 | 1): void {
    const key = causeKey(causeOf(facts));
    const known = this.groups.get(key) ?? { assessed: 0, replayable: 0, soon: 0 };
    const { horizon } = facts;
    const soon = horizon !== null && horizon * 1000 < this.now + SOON_MS ? replayable : 0;
    this.groups.set(key, {
      assessed: known.assessed + 1,
      replayable: known.replayable + replayable,
      soon: known.soon + soon,
    });
    this.assessed += 1;
    this.replayable += replayable;
    this.soon += soon;
  }

  result(partial: boolean): Assessment {
    const { now: at, assessed, replayable, soon, groups } = this;
    return { at, assessed, partial, replayable, soon, groups };
  }
}

/** `18 of 25 can be replayed, as of 02:14:09Z`. */
export function assessmentWords({
  at,
  assessed,
  partial,
  replayable,
}: Omit<Assessment, 'groups'>): string {
  const of = `${partial ? 'the oldest ' : ''}${formatCount(assessed)}`;
  return `${formatCount(replayable)} of ${of} can be replayed, as of ${clockTime(at)}`;
}

function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}
