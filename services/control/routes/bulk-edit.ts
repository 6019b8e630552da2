import { plural } from '#core/text/format.ts';
import { connectForCommands } from '#store/connection.ts';
import { type EditPlan, planBulkEdit } from '#store/dead-letters/bulk-edit/plan.ts';
import { type EditRule, parseEditRule } from '#store/dead-letters/bulk-edit/rule.ts';
import { runBulkEdit } from '#store/dead-letters/bulk-edit/run.ts';
import { LockError } from '#store/locks.ts';
import type { Page, Visit } from '../layout.ts';
import { type BulkEditRequest, bulkEditedPage, bulkEditPage, linesOf } from '../pages/bulk-edit.ts';
import { readWhere } from './dead-letters.ts';
import { readReason } from './replay-request.ts';
import { HttpError, type PageRequest, type RouteDeps, type Routes } from './route.ts';

/** A page takes no more, so that a request ends in seconds; the command has no such limit. */
const MOST_LETTERS = 20_000;
const DEFAULT_CANARY = '10';

export function bulkEditRoutes(deps: RouteDeps): Routes {
  return {
    'GET /dead-letters/edit': ({ query, visit }) =>
      bulkEditPage(
        { request: readRequest({ where: query['where'] ?? '' }), problem: null, plan: null },
        visit,
      ),
    'POST /dead-letters/edit': (form) => planOrEdit(deps, form),
  };
}

function readRequest(fields: PageRequest['fields']): BulkEditRequest {
  const text = (name: string): string => (fields[name] ?? '').trim();
  return {
    ...{ where: text('where'), all: text('all') === 'yes', force: text('force') === 'yes' },
    ...{ set: text('set'), unset: text('unset'), canary: text('canary') || DEFAULT_CANARY },
  };
}

/** Shows the plan; changes exactly as many as the person confirmed, or none. */
async function planOrEdit(deps: RouteDeps, { fields, visit }: PageRequest): Promise<Page> {
  const request = readRequest(fields);
  const { configuration, store } = deps;
  const settings = configuration();
  const { text, filter } = readWhere(fields);
  const rule = parseEditRule(
    linesOf(request.set),
    linesOf(request.unset),
    settings.ingest.maxMessageBytes,
  );
  const problem = filter === null ? text.problem : problemOf(request, rule);
  if (filter === null || typeof rule === 'string' || problem !== null) {
    return bulkEditPage({ request, problem, plan: null }, visit);
  }
  const planning = { filter, rule, most: MOST_LETTERS };
  const plan = await planBulkEdit({ store, configuration: settings }, planning);
  const refusal = refusalOf(plan, fields);
  const shown = plan.partial ? null : plan;
  if (refusal !== null || fields['confirm'] !== 'yes') {
    return bulkEditPage({ request, problem: refusal, plan: shown }, visit);
  }
  return changeAll(deps, { request, rule, plan, reason: readReason(fields) }, visit);
}

function problemOf(
  { where, all, canary }: BulkEditRequest,
  rule: EditRule | string,
): string | null {
  if (where === '' && !all) return 'Enter a filter, or select all dead letters.';
  if (!/^\d{1,9}$/.test(canary)) return `The canary must be a whole number, not “${canary}”.`;
  return typeof rule === 'string' ? rule : null;
}

function refusalOf(
  { partial, changes, matched }: EditPlan,
  fields: PageRequest['fields'],
): string | null {
  if (partial) {
    return `More than ${plural(MOST_LETTERS, 'dead letter')} match: narrow the filter, or use the command.`;
  }
  if (matched === 0) return 'No dead letter matches.';
  if (fields['confirm'] !== 'yes' || fields['changes'] === String(changes)) return null;
  return `Nothing was changed: the selection is another one now, of which ${plural(changes, 'dead letter')} would change.`;
}

interface Agreed {
  readonly request: BulkEditRequest;
  readonly rule: EditRule;
  readonly plan: EditPlan;
  readonly reason: string | null;
}

async function changeAll(
  { store, configuration }: RouteDeps,
  { request, rule, plan, reason }: Agreed,
  { visitor }: Visit,
): Promise<Page> {
  const settings = configuration();
  const redis = connectForCommands(settings.redis, () => {});
  const { where, canary, force } = request;
  const { matched, changes, last, now } = plan;
  const selection = { where, rule, matched, changes, last, now, by: visitor.name, reason };
  const asked = { ...selection, canary: Number(canary), force };
  try {
    const deps = { store: { ...store, redis }, configuration: settings };
    return bulkEditedPage(await runBulkEdit(asked, deps), where);
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    throw new HttpError(409, 'Not all was changed', error.message);
  } finally {
    redis.disconnect();
  }
}
