import { adviceForReason } from '#core/dead-letter/advice.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { readPageNumber } from '../elements.ts';

/** Which rows of the table of causes are shown, and in which order. */
export interface GroupOrder {
  readonly column: GroupColumn;
  readonly descending: boolean;
  /** From 1. */
  readonly page: number;
}

/** Column → its title, and whether the largest comes first until that is changed. */
export const GROUP_COLUMNS = {
  cause: { title: 'Cause', descending: false },
  pixel: { title: 'Pixel', descending: false },
  events: { title: 'Events', descending: true },
  saved: { title: 'Can be replayed', descending: true },
  expires: { title: 'First expires', descending: false },
  died: { title: 'Last died', descending: true },
} as const;

export type GroupColumn = keyof typeof GROUP_COLUMNS;

export const ROWS_PER_PAGE = 25;

function isColumn(text: string): text is GroupColumn {
  return Object.hasOwn(GROUP_COLUMNS, text);
}

/** What an address asks for; without that, what can be saved and expires first. */
export function readGroupOrder({ sort = '', page }: Readonly<Record<string, string>>): GroupOrder {
  const [, minus = '', name = ''] = /^(-?)(\w{1,20})$/.exec(sort) ?? [];
  const column = isColumn(name) ? name : 'saved';
  const descending = isColumn(name) ? minus === '-' : GROUP_COLUMNS.saved.descending;
  return { column, descending, page: readPageNumber(page) };
}

/** The text that an address has for an order. */
export function sortText({
  column,
  descending,
}: Pick<GroupOrder, 'column' | 'descending'>): string {
  return `${descending ? '-' : ''}${column}`;
}

/** The groups of a page of the table. */
export function pageOfGroups(
  groups: readonly DeadLetterGroup[],
  { column, descending, page }: GroupOrder,
  names: PixelNames,
): readonly DeadLetterGroup[] {
  const sign = descending ? -1 : 1;
  const compare = COMPARE[column];
  const sorted = groups.toSorted(
    (a, b) => sign * compare(a, b, names) || horizonOf(a) - horizonOf(b) || b.events - a.events,
  );
  return sorted.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE);
}

type Compare = (a: DeadLetterGroup, b: DeadLetterGroup, names: PixelNames) => number;

const COMPARE: Readonly<Record<GroupColumn, Compare>> = {
  cause: (a, b) => titleOf(a).localeCompare(titleOf(b), 'en'),
  pixel: (a, b, names) => pixelText(a, names).localeCompare(pixelText(b, names), 'en'),
  events: (a, b) => a.events - b.events,
  // What can be saved comes first, and among that what expires first.
  saved: (a, b) => savable(a) - savable(b),
  expires: (a, b) => horizonOf(a) - horizonOf(b),
  died: (a, b) => a.newest - b.newest,
};

function titleOf({ reason, message }: DeadLetterGroup): string {
  return `${adviceForReason(reason).title} ${message}`;
}

function pixelText({ pixelId }: DeadLetterGroup, names: PixelNames): string {
  return pixelId === null ? '' : names.label(pixelId);
}

/** 2: some can be replayed; 1: that is not known; 0: none can. */
function savable({ replay, events }: DeadLetterGroup): number {
  if (replay === undefined || (replay.replayable === 0 && replay.assessed < events)) return 1;
  return replay.replayable > 0 ? 2 : 0;
}

/** What has expired, and what never does, comes last. */
function horizonOf({ nextHorizon }: DeadLetterGroup): number {
  return nextHorizon ?? Number.MAX_SAFE_INTEGER;
}
