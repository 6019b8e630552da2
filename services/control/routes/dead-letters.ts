import { type DeadLetterFilter, parseFilter } from '#core/dead-letter/filter.ts';
import { findGroups } from '#store/dead-letters/groups.ts';
import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import type { Place, Placed, UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { readCursor, writeCursor } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, openLetters } from '#store/dead-letters/read.ts';
import { outlookOf } from '#store/dead-letters/replay/preview.ts';
import { selectPlaced } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { Refusal } from '../answer.ts';
import type { Query, Routes } from '../application.ts';
import { eventPage } from '../pages/event.ts';
import { type EventList, eventsPage } from '../pages/events.ts';
import type { FilterText } from '../pages/filter-box.ts';
import { groupsPage } from '../pages/groups.ts';
import type { Rooms } from './rooms.ts';

/** How many stand on a page. */
const PAGE = 50;

export function deadLetterRoutes(rooms: Rooms): Routes {
  const { redis: watch, configuration } = rooms;
  return {
    pages: {
      '/dead-letters': async ({ query, visit }) => {
        const { text, filter } = readWhere(query);
        const { redis, sealing } = configuration();
        const find = (wanted: DeadLetterFilter) =>
          findGroups(createStore(watch.redis, redis.prefix), sealerOf(sealing), wanted, visit.now);
        const groups = filter === null ? [] : await find(filter);
        return groupsPage(groups, text, visit);
      },
      '/dead-letters/events': async ({ query, visit }) => {
        const { text, filter } = readWhere(query);
        const cursor = query['cursor'] ?? null;
        const list = await readList(rooms, filter, cursor, visit.now);
        return eventsPage(list, text, visit);
      },
      '/dead-letters/events/:id': async (asked) => showEvent(rooms, asked),
    },
    actions: {},
  };
}

async function showEvent(
  { redis: { redis }, configuration }: Rooms,
  { params: { id = '' }, visit }: Query,
) {
  const current = configuration();
  const { redis: where, sealing } = current;
  const sealer = sealerOf(sealing);
  const [found] = await findPlaced(createStore(redis, where.prefix), sealer, [id]);
  const [letter] =
    found === undefined
      ? []
      : await openLetters(createStore(redis, where.prefix), [found.facts], sealer);
  if (letter === undefined) {
    const words = `There is no dead letter ${id}: it was replayed or purged, or it never was.`;
    throw new Refusal(404, 'Not there', words);
  }
  const { facts, content } = letter;
  const outlooks = Buffer.isBuffer(content)
    ? outlookOf(facts, content, current, { reveal: false, now: visit.now })
    : [];
  return eventPage(shownFacts(facts), { content: contentOf(letter, false), outlooks }, visit);
}

/** What stands in the filter box, and the filter it makes; null where it makes none. */
export function readWhere({ where = '' }: Readonly<Record<string, string>>): {
  text: FilterText;
  filter: DeadLetterFilter | null;
} {
  const parsed = parseFilter(where);
  if (parsed.ok) return { text: { where, problem: null }, filter: parsed.filter };
  return { text: { where, problem: parsed.problem }, filter: null };
}

async function readList(
  { redis: { redis }, configuration }: Rooms,
  filter: DeadLetterFilter | null,
  cursor: string | null,
  now: number,
): Promise<EventList> {
  if (filter === null) return { letters: [], cursor, next: null, unreadable: [] };
  const after = cursor === null ? undefined : placeOf(cursor);
  const found: Placed[] = [];
  const { redis: where, sealing } = configuration();
  const sealer = sealerOf(sealing);
  const unreadable: UnreadablePage[] = [];
  const onUnreadable = (page: UnreadablePage): unknown => unreadable.push(page);
  const options = { order: 'newest', after, now, onUnreadable } as const;
  for await (const page of selectPlaced(
    createStore(redis, where.prefix),
    sealer,
    filter,
    options,
  )) {
    found.push(...page.slice(0, PAGE + 1 - found.length));
    if (found.length > PAGE) break;
  }
  const shown = found.slice(0, PAGE);
  const last = found.length > PAGE ? shown.at(-1) : undefined;
  const next = last === undefined ? null : writeCursor(last.place);
  return { letters: shown.map(({ facts }) => shownFacts(facts)), cursor, next, unreadable };
}

function placeOf(cursor: string): Place {
  const place = readCursor(cursor);
  if (place !== null) return place;
  throw new Refusal(400, 'Not understood', 'The address names a place that this list has not.');
}
