import { ExpectedError } from '#config/errors.ts';
import { readSpan } from '#core/dead-letter/filter-fields.ts';
import { acknowledge, reopen } from '#store/dead-letters/acknowledged.ts';
import { type DeadLetterGroup, findGroups } from '#store/dead-letters/groups.ts';
import { acknowledgePage, SNOOZES } from '../pages/dead-letters/acknowledge.ts';
import { PATHS } from '../pages/links.ts';
import { readWhere } from './dead-letters.ts';
import { readReason } from './replay-request.ts';
import {
  HttpError,
  type PageRequest,
  type PageResult,
  type RouteDeps,
  type Routes,
} from './route.ts';

const NOT_WHOLE =
  'An acknowledgement is of whole causes: filter by cause, reason, pixel, stage, code or subcode.';

interface Found {
  readonly where: string;
  readonly groups: readonly DeadLetterGroup[];
  /** What is wrong with the selection; null where it has causes. */
  readonly problem: string | null;
}

export function acknowledgeRoutes(deps: RouteDeps): Routes {
  return {
    'GET /dead-letters/acknowledge': async ({ query, visit }) =>
      acknowledgePage(await findCauses(deps, query, visit.now), visit),
    'POST /dead-letters/acknowledge': (form) =>
      change(deps, form, async ({ where, groups }) => {
        const { fields, visit } = form;
        const span = fields['for'] ?? '';
        if (!Object.hasOwn(SNOOZES, span)) {
          throw new HttpError(400, 'Invalid request', 'There is no such duration.');
        }
        const ms = readSpan(span);
        const until = ms === null ? null : visit.now + ms;
        const account = { by: visit.visitor.name, reason: readReason(fields) };
        await acknowledge(deps.store, groups, { ...account, where, now: visit.now, until });
      }),
    'POST /dead-letters/reopen': (form) =>
      change(deps, form, async ({ where, groups }) => {
        const { fields, visit } = form;
        const account = { by: visit.visitor.name, reason: readReason(fields) };
        const causes = groups.map(({ cause }) => cause);
        await reopen(deps.store, causes, { ...account, where, now: visit.now });
      }),
  };
}

/** The causes that a filter selects as a whole; a filter there must be. */
async function findCauses(
  { store }: RouteDeps,
  given: PageRequest['query'],
  now: number,
): Promise<Found> {
  const { text, filter } = readWhere(given);
  const { where } = text;
  if (filter === null) return { where, groups: [], problem: text.problem };
  if (where.trim() === '' || !filter.byGroup) return { where, groups: [], problem: NOT_WHOLE };
  const groups = await findGroups(store, filter, now);
  return { where, groups, problem: groups.length === 0 ? 'No dead letter matches.' : null };
}

async function change(
  deps: RouteDeps,
  { fields, visit }: PageRequest,
  act: (found: Found) => Promise<void>,
): Promise<PageResult> {
  const found = await findCauses(deps, fields, visit.now);
  if (found.problem !== null) return acknowledgePage(found, visit);
  try {
    await act(found);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    throw new HttpError(409, 'Nothing was changed', error.message);
  }
  return { redirectTo: PATHS.groups() };
}
