import { adviceForReason } from '#core/dead-letter/advice.ts';
import { replaceTerm, valuesIn, writeTerm } from '#core/dead-letter/filter.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { formatCount } from '#core/text/format.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { type Html, html, type Part } from '../../html.ts';
import { PATHS } from '../links.ts';

/** Values of a facet that are shown; others are reached with the filter. */
const MOST_VALUES = 6;

interface Value {
  /** As the filter writes it. */
  readonly value: string;
  readonly words: string;
  /** How many of the shown dead letters have it; null where that is not counted. */
  readonly events: number | null;
}

interface Facet {
  readonly title: string;
  /** The field of the filter. */
  readonly field: string;
  readonly values: readonly Value[];
}

interface FacetDeps {
  readonly where: string;
  readonly names: PixelNames;
  /** Of the configuration. */
  readonly topics: readonly string[];
}

/** Links that narrow the filter to a value, or take the value out again. */
export function facetList(groups: readonly DeadLetterGroup[], deps: FacetDeps): Html {
  const facets = [
    stateFacet(groups),
    pixelFacet(groups, deps.names),
    reasonFacet(groups),
    topicFacet(deps.topics),
    DIED,
  ];
  return html`<nav class="facets" aria-label="Facets">${facets.map((facet) => facetOf(facet, deps.where))}</nav>`;
}

const DIED: Facet = {
  title: 'Died',
  field: 'since',
  values: [
    { value: '1h', words: 'in the last hour', events: null },
    { value: '24h', words: '24 hours', events: null },
    { value: '7d', words: '7 days', events: null },
  ],
};

function stateFacet(groups: readonly DeadLetterGroup[]): Facet {
  const soon = groups.reduce((sum, { within }) => sum + within['24h'], 0);
  const expired = groups.reduce((sum, group) => sum + group.expired, 0);
  return {
    title: 'State',
    field: 'expires',
    values: [
      { value: '<24h', words: 'expires within 24 h', events: soon },
      { value: '>24h', words: 'has more time', events: null },
      { value: 'past', words: 'expired', events: expired },
    ],
  };
}

function pixelFacet(groups: readonly DeadLetterGroup[], names: PixelNames): Facet {
  const wordsOf = (value: string): string => (value === 'none' ? 'no pixel' : names.label(value));
  const values = counted(groups, ({ pixelId }) => pixelId ?? 'none', wordsOf);
  return { title: 'Pixel', field: 'pixel', values };
}

function reasonFacet(groups: readonly DeadLetterGroup[]): Facet {
  const values = counted(
    groups,
    ({ reason }) => reason,
    (value) => adviceForReason(value).title,
  );
  return { title: 'Reason', field: 'reason', values };
}

function topicFacet(topics: readonly string[]): Facet {
  const values = topics.map((value) => ({ value, words: value, events: null }));
  return { title: 'Topic', field: 'topic', values };
}

/** The most frequent values first. */
function counted(
  groups: readonly DeadLetterGroup[],
  valueIn: (group: DeadLetterGroup) => string,
  wordsOf: (value: string) => string,
): Value[] {
  const events = new Map<string, number>();
  for (const group of groups) {
    events.set(valueIn(group), (events.get(valueIn(group)) ?? 0) + group.events);
  }
  return [...events]
    .sort(([, a], [, b]) => b - a)
    .map(([value, n]) => ({ value, words: wordsOf(value), events: n }));
}

function facetOf({ title, field, values }: Facet, where: string): Part {
  const chosen = valuesIn(where, field);
  // What the filter selects stays, so that it can be taken out again.
  const known = new Set(values.map(({ value }) => value));
  const others = chosen
    .filter((value) => !known.has(value))
    .map((value) => ({ value, words: value, events: null }));
  const shown = [...others, ...values.filter(({ events }) => events !== 0)];
  if (shown.length < 2 && chosen.length === 0) return false;
  const rest = shown.length - MOST_VALUES;
  return html`<div><h2>${title}</h2><ul>${shown.slice(0, MOST_VALUES).map((each) => facetLink(field, each, chosen, where))}${rest > 0 && html`<li class="muted">and ${formatCount(rest)} more</li>`}</ul></div>`;
}

function facetLink(
  field: string,
  { value, words, events }: Value,
  chosen: readonly string[],
  where: string,
): Html {
  const isChosen = chosen.includes(value);
  const path = PATHS.groups(replaceTerm(where, field, isChosen ? '' : writeTerm(field, value)));
  const count = events !== null && html` <span class="n">${formatCount(events)}</span>`;
  return isChosen
    ? html`<li><a href="${path}" aria-current="true">${words}${count}<span aria-hidden="true"> ×</span></a></li>`
    : html`<li><a href="${path}">${words}${count}</a></li>`;
}
