import { randomBytes } from 'node:crypto';
import { EVERY_DEAD_LETTER, filterTextOfIds, parseFilter } from '#core/dead-letter/filter.ts';
import { ownerName } from '../../locks.ts';
import type { AuditAction, AuditEntry } from '../../status/audit.ts';
import type { SealedStore } from '../../store.ts';
import { type Commit, withLock } from '../change.ts';
import { PAGE_LETTERS } from '../pages/page.ts';
import { readLastPage } from '../pages/reader.ts';
import { sealContents } from '../pages/seal.ts';
import { openLetters } from '../read.ts';
import { select, selectPlaced } from '../select.ts';
import { createLetterEditor, type EditedLetter } from './letter.ts';
import {
  countOutcome,
  createOutcomeOf,
  type EditSections,
  noOutcomes,
  type Outcomes,
} from './outcomes.ts';
import { countLeft, type LeftCounts, noneLeft } from './plan.ts';
import { changedPlaces, describeRule, type EditRule } from './rule.ts';

/** A bulk edit that a person agreed to, and on whose account. */
interface BulkEdit {
  /** Which, as a filter; what was written after the plan is not among them. */
  readonly where: string;
  readonly last: number;
  readonly now: number;
  readonly rule: EditRule;
  /** How many the plan selected, and how many it would change. */
  readonly matched: number;
  readonly changes: number;
  readonly by: string;
  readonly reason: string | null;
  /** How many are changed first, and mapped again; 0 for none. */
  readonly canary: number;
  /** Goes on although the canary shows no improvement. */
  readonly force: boolean;
}

interface BulkEditDeps {
  readonly store: SealedStore;
  readonly configuration: EditSections;
  readonly signal?: AbortSignal;
  readonly onProgress?: (changed: number) => void;
}

/** What a bulk edit did. */
export interface BulkEditResult {
  changed: number;
  readonly left: LeftCounts;
  /** What a replay would make of the canary; null where there was none. */
  canary: Outcomes | null;
  /** What a replay would make of all that were changed. */
  readonly after: Outcomes;
  stopped: 'canary' | 'interrupted' | null;
}

/** Content that is gathered before it is written: a step stays small for Redis. */
const STEP_BYTES = 1024 * 1024;

/** The lock is kept at least this often, in ms, while nothing is found to change. */
const KEEP_LOCK_MS = 4000;

/**
 * Changes the content of dead letters, some at a time, each step completely or not at all. The audit
 * trail keeps the originals of a step, sealed, in the same step. A changed one has a new id. What a
 * run has changed, the next one finds as it should be: after a kill, running it again continues.
 *
 * @throws LockError while another process replays or purges, or when the lock was lost
 */
export function runBulkEdit(asked: BulkEdit, deps: BulkEditDeps): Promise<BulkEditResult> {
  return withLock(deps.store, ownerName('edit'), (commit) =>
    new BulkEditRun(asked, deps, commit).run(),
  );
}

class BulkEditRun {
  private readonly asked: BulkEdit;
  private readonly deps: BulkEditDeps;
  private readonly commit: Commit;
  /** Names it in the audit trail. */
  private readonly id = randomBytes(6).toString('hex');
  private readonly outcomeOf: ReturnType<typeof createOutcomeOf>;
  private readonly result: BulkEditResult;
  private pending: EditedLetter[] = [];
  private bytes = 0;
  private keptAt = Date.now();

  constructor(asked: BulkEdit, deps: BulkEditDeps, commit: Commit) {
    this.asked = asked;
    this.deps = deps;
    this.commit = commit;
    this.outcomeOf = createOutcomeOf(deps.configuration);
    const [left, after] = [noneLeft(), noOutcomes()];
    this.result = { changed: 0, left, canary: null, after, stopped: null };
  }

  async run(): Promise<BulkEditResult> {
    const { asked, result } = this;
    const { matched, changes, canary, force } = asked;
    await this.write({ audit: this.entry('edit_started', { matched, changes, canary, force }) });
    const seen = await this.editAll();
    if (result.stopped === null) {
      await this.flush();
      result.left.by.gone += Math.max(matched - seen, 0);
    }
    const { changed, left, stopped } = result;
    const some = Object.entries(left.by).filter(([, count]) => count > 0);
    const counts = { changed, ...Object.fromEntries(some), stopped };
    await this.write({ audit: this.entry('edit_finished', counts) });
    return result;
  }

  /** Resolves to how many were selected. */
  private async editAll(): Promise<number> {
    const { asked, deps, result } = this;
    const { where, rule, last, now } = asked;
    const parsed = parseFilter(where);
    if (!parsed.ok) throw new Error(parsed.problem);
    const edit = createLetterEditor(rule, deps.configuration.ingest.maxMessageBytes);
    let seen = 0;
    const options = { order: 'oldest', last, now } as const;
    for await (const placed of selectPlaced(deps.store, parsed.filter, options)) {
      if (deps.signal?.aborted) result.stopped = 'interrupted';
      if (result.stopped !== null) return seen;
      await this.keepLock();
      seen += placed.length;
      const opened = await openLetters(
        deps.store,
        placed.map(({ facts }) => facts),
      );
      result.left.by.gone += placed.length - opened.length;
      for (const letter of opened) {
        const edited = edit(letter, Date.now());
        if ('left' in edited) countLeft(result.left, edited.left, edited.where);
        else await this.add(edited);
        if (result.stopped !== null) return seen;
      }
    }
    return seen;
  }

  private async add(letter: EditedLetter): Promise<void> {
    this.pending.push(letter);
    this.bytes += letter.after.length;
    const isFirst = this.result.canary === null && this.asked.canary > 0;
    const most = isFirst ? Math.min(this.asked.canary, PAGE_LETTERS) : PAGE_LETTERS;
    if (this.pending.length >= most || this.bytes >= STEP_BYTES) await this.flush();
  }

  /** Writes what was gathered; the first time, that is the canary. */
  private async flush(): Promise<void> {
    const letters = this.pending;
    const [first] = letters;
    if (first === undefined) return;
    [this.pending, this.bytes] = [[], 0];
    const { result, asked, deps } = this;
    const ids = letters.map(({ facts }) => facts.id);
    const sealed = sealContents(
      deps.store.sealer,
      originalsName(first.facts.id),
      letters.map(({ before }) => before),
    );
    const details = { letters: ids.length, originals: sealed.toString('base64') };
    const edge = await readLastPage(deps.store);
    await this.write({
      removed: letters.map(({ facts }) => facts),
      inserted: letters.map(({ facts: { id: _, ...facts }, after }) => ({ facts, content: after })),
      audit: { ...this.entry('edited', details), where: filterTextOfIds(ids) },
    });
    result.changed += letters.length;
    const now = Date.now();
    for (const { facts, after } of letters) {
      countOutcome(result.after, this.outcomeOf(facts, after, now));
    }
    deps.onProgress?.(result.changed);
    if (result.canary !== null || asked.canary === 0) return;
    result.canary = await this.mapAgain(letters, edge);
    if (result.canary.delivered === 0 && !asked.force) result.stopped = 'canary';
  }

  /** What becomes of letters that were just written, as they are read from Redis. */
  private async mapAgain(letters: readonly EditedLetter[], edge: number): Promise<Outcomes> {
    const { store } = this.deps;
    const wanted = new Set(letters.map(({ facts }) => placeKey(facts)));
    const outcomes = noOutcomes();
    const after = { page: edge, index: Infinity };
    for await (const page of select(store, EVERY_DEAD_LETTER, { order: 'oldest', after })) {
      const ours = page.filter((facts) => wanted.has(placeKey(facts)));
      for (const { facts, content } of await openLetters(store, ours)) {
        const outcome = Buffer.isBuffer(content)
          ? this.outcomeOf(facts, content, Date.now())
          : (['skipped', 'unreadable'] as const);
        countOutcome(outcomes, outcome);
      }
    }
    return outcomes;
  }

  private async keepLock(): Promise<void> {
    if (Date.now() - this.keptAt >= KEEP_LOCK_MS) await this.write({});
  }

  private async write(change: Parameters<Commit>[0]): Promise<void> {
    await this.commit(change, `${this.result.changed} were changed`);
    this.keptAt = Date.now();
  }

  private entry(action: AuditAction, details: object): AuditEntry {
    const { by, reason, where, rule } = this.asked;
    const what =
      action === 'edited' ? { changed: changedPlaces(rule) } : { edits: describeRule(rule) };
    const all = { edit: this.id, ...what, ...details };
    return { at: Date.now(), by, action, reason, where, replay: null, details: all };
  }
}

/** Under which name the originals of a step are sealed. */
export function originalsName(firstId: string): string {
  return `edited:${firstId}`;
}

function placeKey({ kafka, pixelId, part }: EditedLetter['facts']): string {
  return JSON.stringify([kafka.topic, kafka.partition, kafka.offset, pixelId, part ?? '']);
}
