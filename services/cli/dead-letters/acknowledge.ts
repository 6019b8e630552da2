import { UsageError } from '#config/errors.ts';
import { isoTime, plural } from '#core/text/format.ts';
import { acknowledge, reopen } from '#store/dead-letters/acknowledged.ts';
import { type DeadLetterGroup, findGroups } from '#store/dead-letters/groups.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';

/** The causes that a filter selects as a whole. */
async function causesOf({ store, filter }: ActionContext, now: number): Promise<DeadLetterGroup[]> {
  if (!filter.byGroup) {
    throw new UsageError(
      '--where: an acknowledgement is of whole causes: select them by cause, reason, pixel, stage, code or subcode',
    );
  }
  const groups = await findGroups(store, filter, now);
  if (groups.length === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'no cause matches');
  return groups;
}

/** Acknowledges causes of dead letters, or ends that; resolves to the exit code. */
export async function acknowledgeCauses(context: ActionContext): Promise<number> {
  const { store, where, account, flags } = context;
  const now = Date.now();
  const causes = await causesOf(context, now);
  const given = { ...account, where, now };
  if (flags['end']) {
    const names = causes.map(({ cause }) => cause);
    const reopened = await reopen(store, names, given);
    return printResult(flags, { reopened }, `${plural(reopened, 'cause')} reopened.\n`);
  }
  const until = flags['for'] === undefined ? null : now + Number(flags['for']);
  await acknowledge(store, causes, { ...given, until });
  const end = until === null ? 'until it changes' : `until ${isoTime(until)}, or until it changes`;
  const result = { acknowledged: causes.length, until };
  return printResult(flags, result, `${plural(causes.length, 'cause')} acknowledged, ${end}.\n`);
}
