import { eventIdShown } from '../privacy/harmless.ts';
import { nearest } from '../text/nearest.ts';
import type { DeadLetterFacts, SharedFacts } from './dead-letter.ts';
import { FIELDS, type Test } from './filter-fields.ts';

/*
 * The language that selects dead letters:
 *
 *   filter = term { space term }              every term must hold
 *   term   = [ "-" ] field ":" value { "," value }   any of the values; "-" says none of them
 *   value  = word | '"' anything but quotes '"'
 *
 * as in `reason:rejected_by_meta pixel:1234567890 -event:"Product Added",Purchase expires:<24h`.
 */

/** A selection of dead letters. */
export interface DeadLetterFilter {
  /** Only these IDs can match; null for any. */
  readonly ids: readonly string[] | null;
  readonly matches: Test;
  /** False when no dead letter with these facts can match. */
  readonly couldMatch: (shared: SharedFacts) => boolean;
  /** Whether a dead letter created between the first and the last moment can match; all in Unix ms. */
  readonly couldHaveDied: (first: number, last: number, now: number) => boolean;
  /** Texts that must occur in the facts as JSON. */
  readonly needles: readonly string[];
  /** True when a group matches as a whole or not at all. */
  readonly byGroup: boolean;
}

type FilterResult =
  | { readonly ok: true; readonly filter: DeadLetterFilter }
  | { readonly ok: false; readonly problem: string };

interface Term {
  readonly field: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  readonly test: Test;
}

const TERM = /\s*(-?)([a-z]+):((?:"[^"]*"|[^\s"])+)(?=\s|$)/y;
/** A longer word is no slip of the pen. */
const LONGEST_WORD = 60;
const VALUE = /"([^"]*)"|([^,"]+)/g;

/** An empty text matches everything. */
export function parseFilter(text: string): FilterResult {
  const terms: Term[] = [];
  for (let at = 0; text.slice(at).trim() !== ''; at = TERM.lastIndex) {
    TERM.lastIndex = at;
    const [, minus, field = '', list = ''] = TERM.exec(text) ?? [];
    if (field === '') return { ok: false, problem: unreadable(text.slice(at).trim()) };
    const term = readTerm(field, valuesOf(list), minus === '-');
    if (typeof term === 'string') return { ok: false, problem: term };
    terms.push(term);
  }
  return { ok: true, filter: filterOf(terms) };
}

/** The text of a filter that matches only these IDs. */
export function filterTextOfIds(ids: readonly string[]): string {
  return `id:${ids.map((id) => `"${id.replaceAll('"', '')}"`).join()}`;
}

/** A term as it is written, such as `pixel:1234567890`. */
export function writeTerm(field: string, value: string): string {
  return `${field}:${/^[\w.:<>-]+$/.test(value) ? value : `"${value.replaceAll('"', '')}"`}`;
}

/** A filter without its terms of a field that select values, and with another term instead. */
export function replaceTerm(text: string, field: string, term: string): string {
  const others = splitTerms(text).filter((each) => each.field !== field || each.negated);
  return [...others.map((each) => each.text), ...(term === '' ? [] : [term])].join(' ');
}

/**
 * A valid filter with other values of `pixel:`, such as the IDs of pixels that are called by their
 * names: what is kept of a filter must mean the same after a name has changed.
 */
export function withPixels(text: string, pixelOf: (value: string) => string): string {
  const terms = splitTerms(text);
  if (!terms.some(({ field }) => field === 'pixel')) return text;
  const written = terms.map((each) => {
    if (each.field !== 'pixel') return each.text;
    return `${each.negated ? '-' : ''}pixel:${each.values.map((value) => pixelOf(value)).join()}`;
  });
  return written.join(' ');
}

/** The values of a field that a filter selects. */
export function valuesIn(text: string, field: string): readonly string[] {
  return splitTerms(text)
    .filter((each) => each.field === field && !each.negated)
    .flatMap(({ values }) => values);
}

/** The terms of a valid filter. */
function splitTerms(text: string) {
  const terms: { field: string; negated: boolean; values: string[]; text: string }[] = [];
  for (let at = 0; text.slice(at).trim() !== ''; at = TERM.lastIndex) {
    TERM.lastIndex = at;
    const [written = '', minus, field = '', list = ''] = TERM.exec(text) ?? [];
    if (field === '') break;
    terms.push({ field, negated: minus === '-', values: valuesOf(list), text: written.trim() });
  }
  return terms;
}

function filterOf(terms: readonly Term[]): DeadLetterFilter {
  const positive = terms.filter(({ negated }) => !negated);
  const shared = terms.filter(({ field }) => SHARED_FIELDS.has(field));
  const ids = positive.find(({ field }) => field === 'id')?.values ?? null;
  return {
    ids,
    matches: (facts, now) => terms.every(({ test }) => test(facts, now)),
    couldMatch: (facts) => shared.every(({ test }) => test(facts as unknown as DeadLetterFacts, 0)),
    couldHaveDied: (first, last, now) =>
      positive.every(({ field, values }) => {
        const span = FIELDS[field]?.span;
        if (span === undefined) return true;
        return values.some((value) => {
          const { from, to } = span(value, now);
          return last >= from && first <= to;
        });
      }),
    needles: positive
      .filter(({ field, values }) => VERBATIM_FIELDS.has(field) && values.length === 1)
      // An ID may be stored as a reference; pages of an earlier release have the ID itself.
      .filter(({ field, values: [id = ''] }) => field !== 'eventid' || eventIdShown(id) === id)
      .flatMap(({ values }) => values.map((value) => JSON.stringify(value).slice(1, -1))),
    byGroup: terms.every(({ field }) => GROUP_FIELDS.has(field)),
  };
}

/** The filter of an empty text. */
export const EVERY_DEAD_LETTER: DeadLetterFilter = filterOf([]);

function valuesOf(list: string): string[] {
  return [...list.matchAll(VALUE)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

function readTerm(name: string, values: readonly string[], negated: boolean): Term | string {
  const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (field === undefined) {
    const names = Object.keys(FIELDS);
    return `there is no field “${name}”${meant(name, names)}: the fields are ${names.join(', ')}`;
  }
  if (values.length === 0) return `${name}: takes ${field.takes}`;
  const tests: Test[] = [];
  for (const value of values) {
    const test = field.read(value);
    if (test === null) {
      return `${name}: takes ${field.takes}, not “${value}”${meant(value, field.words ?? [])}`;
    }
    tests.push(test);
  }
  const any: Test = (facts, now) => tests.some((test) => test(facts, now));
  const test: Test = negated ? (facts, now) => !any(facts, now) : any;
  return { field: name, values, negated, test };
}

/** The known word that was probably meant, as a question. */
function meant(word: string, known: readonly string[]): string {
  const near = word.length > LONGEST_WORD ? null : nearest(word, known);
  return near === null ? '' : ` (did you mean ${near}?)`;
}

/** Usually the field is missing, or a quote is not closed. */
function unreadable(rest: string): string {
  if ((rest.split('"').length - 1) % 2 === 1) return `a quote is not closed: ${rest}`;
  const [first = ''] = rest.split(/\s/);
  return `“${first}” is not a term: write field:value, such as reason:rejected_by_meta`;
}

/* What a store may know of a filter before it reads the facts of single dead letters. */

/** Fields decided by the facts that dead letters of one cause share. */
const SHARED_FIELDS = new Set('reason pixel stage code subcode event status'.split(' '));

/** Fields that decide for a group as a whole. */
const GROUP_FIELDS = new Set('reason pixel stage code subcode cause'.split(' '));

/** Fields whose values are stored verbatim, so that a page without them can be skipped. */
const VERBATIM_FIELDS = new Set(['eventid', 'trace']);
