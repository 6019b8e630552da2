import { UsageError } from '#config/errors.ts';
import { formatCount, plural } from '#core/text/format.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { type EditPlan, planBulkEdit } from '#store/dead-letters/bulk-edit/plan.ts';
import { type EditRule, parseEditRule } from '#store/dead-letters/bulk-edit/rule.ts';
import { type BulkEditResult, runBulkEdit } from '#store/dead-letters/bulk-edit/run.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { confirm, print, printResult } from '../output/print.ts';
import { showProgress } from '../output/progress.ts';

import { jsonOfPlan, jsonOfResult, renderEditPlan, renderEditResult } from './bulk-edit-report.ts';
import { UnreadablePages } from './selection.ts';

/** Plans, asks, changes and reports; resolves to the exit code. */
export async function editInBulk(context: ActionContext): Promise<number> {
  const { configuration, store, filter, where, flags, account } = context;
  const rule = ruleOf(context);
  const signal = abortOnStopSignal();
  const unreadable = new UnreadablePages();
  const deps = { store, configuration, signal };
  const plan = await planBulkEdit({ ...deps, onUnreadable: unreadable.add }, { filter, rule });
  if (plan.partial) throw new ExitError(EXIT_CODES.interrupted, 'nothing was changed');
  await unreadable.report();
  if (plan.matched === 0) {
    throw new ExitError(EXIT_CODES.nothingMatched, 'no dead letter matches');
  }
  if (flags['dryRun'] || (!flags['yes'] && !process.stdin.isTTY)) return dryRun(context, plan);
  await print(renderEditPlan(plan), process.stderr);
  if (plan.changes === 0)
    throw new ExitError(EXIT_CODES.nothingMatched, 'there is nothing to change');
  const question = `Change ${plural(plan.changes, 'dead letter')}?`;
  if (!flags['yes']) await confirm(question, 'nothing was changed');
  const { matched, changes, last, now } = plan;
  const canary = Number(flags['canary']);
  const asked = { where, rule, last, now, matched, changes, canary, ...account };
  const { report, end } = showProgress(changes);
  const onProgress = (changed: number): void =>
    report(changed, (rate) => progressText(changed, changes, rate));
  const result = await runBulkEdit(
    { ...asked, force: flags['force'] === true },
    { ...deps, onProgress },
  ).finally(end);
  return reportResult(context, result, changes);
}

/** @throws UsageError that says what is wrong with --set or --unset */
function ruleOf({ flags, configuration }: ActionContext): EditRule {
  const sets = (flags['set'] ?? []) as readonly string[];
  const unsets = (flags['unset'] ?? []) as readonly string[];
  const rule = parseEditRule(sets, unsets, configuration.ingest.maxMessageBytes);
  if (typeof rule !== 'string') return rule;
  if (sets.length + unsets.length > 0) throw new UsageError(rule);
  throw new UsageError(
    'a bulk edit needs --set or --unset: an editor takes one dead letter, by its id',
  );
}

async function dryRun({ flags }: ActionContext, plan: EditPlan): Promise<number> {
  const code = await printResult(flags, jsonOfPlan(plan), renderEditPlan(plan));
  if (!flags['dryRun']) {
    await print(
      'Nothing was changed: there is no terminal to ask on; add --yes.\n',
      process.stderr,
    );
  }
  return code;
}

function progressText(changed: number, of: number, rate: number): string {
  const speed = rate > 0 ? `  ${formatCount(rate)}/s` : '';
  return `${formatCount(changed)}/${formatCount(of)} changed${speed}`;
}

async function reportResult(
  { flags, where }: ActionContext,
  result: BulkEditResult,
  planned: number,
): Promise<number> {
  await printResult(flags, jsonOfResult(result), renderEditResult(result, where));
  const { changed, stopped, left } = result;
  const rest = `${formatCount(planned - changed)} were not changed`;
  if (stopped === 'canary') {
    const why = 'a replay would deliver none of the canary';
    throw new ExitError(
      EXIT_CODES.refused,
      `${why}: ${rest}; correct --set, or add --force to go on`,
    );
  }
  if (stopped === 'interrupted') {
    throw new ExitError(
      EXIT_CODES.interrupted,
      `interrupted: ${rest}; run the command again to continue`,
    );
  }
  const { same, ...others } = left.by;
  const isComplete = Object.values(others).every((count) => count === 0);
  return isComplete ? EXIT_CODES.done : EXIT_CODES.incomplete;
}
