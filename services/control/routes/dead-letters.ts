import { type DeadLetterFilter, parseFilter } from '#core/dead-letter/filter.ts';
import { findGroups } from '#store/dead-letters/groups.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { type LetterPlace, readCursor } from '#store/dead-letters/pages/cursor.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, openLetters } from '#store/dead-letters/read.ts';
import { createAssessor } from '#store/dead-letters/replay/assessment.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { selectPage } from '#store/dead-letters/select.ts';
import type { Page } from '../layout.ts';
import { eventPage } from '../pages/event.ts';
import { type EventList, eventsPage } from '../pages/events.ts';
import { groupsPage } from '../pages/groups.ts';
import { HttpError, type PageRequest, type RouteDeps, type Routes } from './route.ts';

const EVENTS_PER_PAGE = 50;

export function deadLetterRoutes(deps: RouteDeps): Routes {
  const { store, configuration } = deps;
  const assess = createAssessor(store, configuration);
  return {
    'GET /dead-letters': async ({ query, visit }) => {
      const { text, filter } = readWhere(query);
      if (filter === null) return groupsPage([], text, visit);
      const assessment = await assess(text.where, filter, visit.now);
      const groups = await findGroups(store, filter, visit.now, assessment);
      return groupsPage(groups, text, visit, assessment);
    },
    'GET /dead-letters/events': async ({ query, visit }) => {
      const { text, filter } = readWhere(query);
      const list = await readList(deps, filter, query['cursor'] ?? null, visit.now);
      return eventsPage(list, text, visit);
    },
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

async function readList(
  { store }: RouteDeps,
  filter: DeadLetterFilter | null,
  cursor: string | null,
  now: number,
): Promise<EventList> {
  if (filter === null) return { letters: [], cursor, next: null, unreadable: [] };
  const after = cursor === null ? undefined : placeOf(cursor);
  const unreadable: UnreadablePage[] = [];
  const onUnreadable = (page: UnreadablePage): unknown => unreadable.push(page);
  const options = { limit: EVENTS_PER_PAGE, after, now, onUnreadable };
  return { ...(await selectPage(store, filter, options)), cursor, unreadable };
}

function placeOf(cursor: string): LetterPlace {
  const place = readCursor(cursor);
  if (place !== null) return place;
  throw new HttpError(400, 'Invalid request', 'The cursor in the address is not valid.');
}
