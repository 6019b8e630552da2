import type { DeadLetterFilter } from '#core/dead-letter/filter.ts';
import type { SealedStore } from '../../store.ts';
import { differenceLines, differencesOf } from '../edit.ts';
import { maskedDifferences } from '../masking.ts';
import { type PageOptions, readLastPage } from '../pages/reader.ts';
import { openLetters } from '../read.ts';
import { select } from '../select.ts';
import { createLetterEditor, type EditedLetter, LEFT_REASONS, type LeftReason } from './letter.ts';
import {
  addOne,
  countOutcome,
  createOutcomeOf,
  type EditSections,
  noOutcomes,
  type Outcomes,
} from './outcomes.ts';
import type { EditRule } from './rule.ts';

/** What a bulk edit would do. */
export interface EditPlan {
  /** Pages behind this one were written later, and are left out. */
  readonly last: number;
  /** What times such as `2h` count from, in Unix ms. */
  readonly now: number;
  matched: number;
  changes: number;
  readonly left: LeftCounts;
  /** What a replay would make of those that change, before and after. */
  readonly before: Outcomes;
  readonly after: Outcomes;
  /** Some of them, with their changes, masked. */
  readonly samples: { readonly id: string; readonly changes: readonly string[] }[];
  /** Whether it was broken off at the limit, or by the signal. */
  partial: boolean;
}

/** How many stay as they are and why; where something is missing or in the way, by place. */
export interface LeftCounts {
  readonly by: Record<LeftReason, number>;
  readonly places: Map<string, number>;
}

/** Places of one plan or run that are told apart. */
const MOST_PLACES = 20;
const SAMPLES = 3;

export function noneLeft(): LeftCounts {
  const by = Object.fromEntries(LEFT_REASONS.map((reason) => [reason, 0]));
  return { by: by as Record<LeftReason, number>, places: new Map() };
}

export function countLeft(counts: LeftCounts, reason: LeftReason, where: string): void {
  counts.by[reason] += 1;
  if (where === '') return;
  const isKnown = counts.places.has(where) || counts.places.size < MOST_PLACES;
  addOne(counts.places, isKnown ? where : 'other places');
}

interface PlanDeps {
  readonly store: SealedStore;
  readonly configuration: EditSections;
  readonly signal?: AbortSignal;
  readonly onUnreadable?: PageOptions['onUnreadable'];
}

/**
 * Applies a rule to everything that a filter selects, maps it again, and writes nothing.
 * @param most how many it looks at
 */
export async function planBulkEdit(
  { store, configuration, signal, onUnreadable }: PlanDeps,
  { filter, rule, most = Infinity }: { filter: DeadLetterFilter; rule: EditRule; most?: number },
): Promise<EditPlan> {
  const [last, now] = [await readLastPage(store), Date.now()];
  const edit = createLetterEditor(rule, configuration.ingest.maxMessageBytes);
  const outcomeOf = createOutcomeOf(configuration);
  const [before, after] = [noOutcomes(), noOutcomes()];
  const plan: EditPlan = {
    ...{ last, now, matched: 0, changes: 0, left: noneLeft() },
    ...{ before, after, samples: [], partial: false },
  };
  for await (const page of select(store, filter, { order: 'oldest', last, now, onUnreadable })) {
    plan.partial = signal?.aborted === true || plan.matched + page.length > most;
    if (plan.partial) break;
    plan.matched += page.length;
    const opened = await openLetters(store, page);
    plan.left.by.gone += page.length - opened.length;
    for (const letter of opened) {
      const result = edit(letter, now);
      if ('left' in result) {
        countLeft(plan.left, result.left, result.where);
        continue;
      }
      plan.changes += 1;
      countOutcome(before, outcomeOf(result.facts, result.before, now));
      countOutcome(after, outcomeOf(result.facts, result.after, now));
      if (plan.samples.length < SAMPLES) plan.samples.push(sampleOf(result));
    }
  }
  return plan;
}

function sampleOf({ facts, events }: EditedLetter): EditPlan['samples'][number] {
  const changes = maskedDifferences(facts.holds, differencesOf(...events));
  return { id: facts.id, changes: differenceLines(changes) };
}
