import {
  type DeadLetterFilter,
  filterTextOfIds,
  parseFilter,
  replaceTerm,
} from '#core/dead-letter/filter.ts';
import { findGroups } from '#store/dead-letters/groups.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { type LetterPlace, readCursor } from '#store/dead-letters/pages/cursor.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, openLetters } from '#store/dead-letters/read.ts';
import { createAssessor } from '#store/dead-letters/replay/assessment.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { selectPage, selectSoonest } from '#store/dead-letters/select.ts';
import type { Page } from '../layout.ts';
import type { SelectedBy, SelectionAction } from '../pages/dead-letters/selection.ts';
import { readGroupOrder } from '../pages/dead-letters/sorting.ts';
import { eventPage } from '../pages/event.ts';
import { EVENT_ORDERS, type EventList, type EventOrder, eventsPage } from '../pages/events.ts';
import { groupsPage } from '../pages/groups.ts';
import { PATHS } from '../pages/links.ts';
import {
  HttpError,
  type PageRequest,
  type PageResult,
  type RouteDeps,
  type Routes,
} from './route.ts';

const EVENTS_PER_PAGE = 50;

export function deadLetterRoutes(deps: RouteDeps): Routes {
  const { store, configuration } = deps;
  const assess = createAssessor(store, configuration);
  return {
    'GET /dead-letters': async ({ query, visit }) => {
      const { text, filter } = readWhere(query);
      const { topics } = configuration().kafka;
      const view = { order: readGroupOrder(query), topics, groups: [], assessment: null };
      if (filter === null) return groupsPage(view, text, visit);
      const assessment = await assess(text.where, filter, visit.now);
      const groups = await findGroups(store, filter, visit.now, assessment);
      return groupsPage({ ...view, groups, assessment }, text, visit);
    },
    'GET /dead-letters/events': async ({ query, visit }) => {
      const { text, filter } = readWhere(query);
      return eventsPage(await readList(deps, filter, query, visit.now), text, visit);
    },
    'GET /dead-letters/selected/:action': ({ params: { action = '' }, query }) =>
      openSelection(action, query),
    'GET /dead-letters/events/:id': (request) => showEvent(deps, request),
  };
}

async function showEvent(
  { store, configuration }: RouteDeps,
  { params: { id = '' }, visit }: PageRequest,
): Promise<Page> {
  const [found] = await findPlaced(store, [id]);
  const [letter] = found === undefined ? [] : await openLetters(store, [found.facts]);
  if (letter === undefined) {
    const message = `There is no dead letter ${id}: it was replayed or purged, or never existed.`;
    throw new HttpError(404, 'Not found', message);
  }
  const { facts, content } = letter;
  const previews = Buffer.isBuffer(content)
    ? previewReplay(facts, content, configuration(), { reveal: false, now: visit.now })
    : [];
  return eventPage(shownFacts(facts), { content: contentOf(letter, false), previews }, visit);
}

/** The text of the filter box, and the filter that it stands for; null for an invalid one. */
export function readWhere({ where = '' }: Readonly<Record<string, string>>) {
  const parsed = parseFilter(where);
  if (parsed.ok) return { text: { where, problem: null }, filter: parsed.filter };
  return { text: { where, problem: parsed.problem }, filter: null };
}

/** Where each action on selected rows leads: to the page that does it for a filter. */
const TARGETS: Readonly<Record<SelectionAction, (where: string) => string>> = {
  show: (where) => PATHS.events(where),
  replay: (where) => PATHS.newReplay(where),
  edit: (where) => PATHS.bulkEdit(where),
  acknowledge: (where) => PATHS.acknowledge(where),
  purge: (where) => PATHS.purge(where),
};

/** Turns the checked rows into a filter, and opens the page of an action with it. */
function openSelection(action: string, query: PageRequest['query']): PageResult {
  const selected = (by: SelectedBy): string[] =>
    Object.keys(query).flatMap((name) =>
      name.startsWith(`${by}.`) ? [name.slice(by.length + 1)] : [],
    );
  const [causes, ids] = [selected('cause'), selected('id')];
  const target = Object.hasOwn(TARGETS, action) ? TARGETS[action as SelectionAction] : undefined;
  if (target === undefined) throw new HttpError(404, 'Not found', `There is no action ${action}.`);
  if (causes.length + ids.length === 0) {
    const message = 'Go back and check the rows that you mean, then choose what to do with them.';
    throw new HttpError(400, 'Nothing is selected', message);
  }
  const { where = '' } = query;
  const text =
    ids.length > 0 ? filterTextOfIds(ids) : replaceTerm(where, 'cause', `cause:${causes.join()}`);
  return { redirectTo: target(text) };
}

async function readList(
  { store }: RouteDeps,
  filter: DeadLetterFilter | null,
  { cursor = null, sort = '' }: { readonly cursor?: string | null; readonly sort?: string },
  now: number,
): Promise<EventList> {
  const order = readEventOrder(sort);
  const unreadable: UnreadablePage[] = [];
  const shown = { order, cursor, unreadable, ofNewest: null };
  if (filter === null) return { ...shown, letters: [], next: null };
  const onUnreadable = (page: UnreadablePage): unknown => unreadable.push(page);
  const options = { limit: EVENTS_PER_PAGE, now, onUnreadable };
  if (order === 'expires') {
    const skip = offsetOf(cursor);
    const found = await selectSoonest(store, filter, { ...options, skip });
    return { ...shown, ...found, next: found.next === null ? null : String(found.next) };
  }
  const after = cursor === null ? undefined : placeOf(cursor);
  return { ...shown, ...(await selectPage(store, filter, { ...options, order, after })) };
}

function readEventOrder(text: string): EventOrder {
  return EVENT_ORDERS.find((order) => order === text) ?? 'newest';
}

function offsetOf(cursor: string | null): number {
  if (cursor === null) return 0;
  if (/^\d{1,4}$/.test(cursor)) return Number(cursor);
  throw new HttpError(400, 'Invalid request', 'The cursor in the address is not valid.');
}

function placeOf(cursor: string): LetterPlace {
  const place = readCursor(cursor);
  if (place !== null) return place;
  throw new HttpError(400, 'Invalid request', 'The cursor in the address is not valid.');
}
