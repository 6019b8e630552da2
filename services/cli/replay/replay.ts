import { plural } from '#core/text/format.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { attemptedCount, noCounts, planReplay, sum } from '#store/dead-letters/replay/counts.ts';
import type { EligibilityPolicy } from '#store/dead-letters/replay/eligibility.ts';
import { createResolver } from '#store/dead-letters/replay/step.ts';
import { createReplay } from '#store/dead-letters/replay/store.ts';
import { select } from '#store/dead-letters/select.ts';
import { isLockFree, LockError } from '#store/locks.ts';
import type { ActionContext } from '../action.ts';
import { UnreadablePages } from '../dead-letters/selection.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { confirm, print, printResult } from '../output/print.ts';
import { follow, reportDetached } from './follow.ts';
import { renderCounts, renderPlan } from './render.ts';

/** The options of a replay, as commander parses them. */
interface ReplayFlags {
  readonly max?: number;
  /** Dead letters per second; undefined for no limit. */
  readonly rate?: number;
  readonly canary: number;
  /** Highest share of answered events that may die again. */
  readonly stopOnFailures: number;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly yes?: boolean;
  readonly includeUnknown?: boolean;
  readonly forceLoop?: boolean;
}

const BUSY = 'another replay or purge is under way: wait until it ends (capi-relay replay status)';

/** Plans a replay, asks, runs it and reports; resolves to the exit code. */
export async function replay(context: ActionContext): Promise<number> {
  const { configuration, store, filter, where } = context;
  const flags = context.flags as unknown as ReplayFlags;
  const { rate = null, max = null, canary, stopOnFailures: stopAbove } = flags;
  const { includeUnknown = false, forceLoop = false, detach = false } = flags;
  const pixelIds = new Set(configuration.pixels.map(({ pixelId }) => pixelId));
  const policy = { includeUnknown, forceLoop, pixelIds };
  const now = Date.now();
  const unreadable = new UnreadablePages();
  const selection = { order: 'oldest', now, onUnreadable: unreadable.add } as const;
  const letters = select(store, filter, selection);
  const plan = await planReplay(letters, policy, { max, now });
  await unreadable.report();
  if (plan.counts.matched === 0) {
    throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  }
  await print(renderPlan(plan, { rate, canary, stopAbove }), process.stderr);
  if (flags.dryRun) return dryRun(context, policy, max);
  if (plan.events === 0) throw new ExitError(EXIT_CODES.refused, 'none of them can be replayed');
  const question = `Put ${plural(plan.events, 'dead letter')} back into the queue?`;
  if (!flags.yes) await confirm(question, 'nothing was replayed');
  if (!(await isLockFree(store))) throw new LockError(BUSY);
  const account = { where, ...context.account };
  const spec = { max, rate, canary, stopAbove, includeUnknown, forceLoop, ...account };
  const begun = { ...spec, startedAt: now, planned: plan.events + sum(plan.counts.skipped) };
  const { id } = (await createReplay(store, begun, detach)).spec;
  if (detach) return reportDetached(context, { dryRun: false, id });
  return follow(context, id, abortOnStopSignal());
}

/** Counts what a replay would do, and writes nothing. */
async function dryRun(
  { configuration, store, filter, flags }: ActionContext,
  policy: EligibilityPolicy,
  max: number | null,
): Promise<number> {
  const signal = abortOnStopSignal();
  const resolve = createResolver(store, () => configuration);
  const counts = noCounts();
  const now = Date.now();
  for await (const page of select(store, filter, { order: 'oldest', now })) {
    if (signal.aborted) break;
    const part = page.slice(0, (max ?? Infinity) - attemptedCount(counts));
    counts.left += page.length - part.length;
    counts.matched += page.length - part.length;
    await resolve(part, policy, counts, now);
  }
  if (signal.aborted) throw new ExitError(EXIT_CODES.interrupted, 'nothing was done');
  return printResult(flags, { dryRun: true, ...counts }, renderCounts(counts, true));
}
