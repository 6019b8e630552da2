import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { isDeeperThan, jsonText, READABLE_LEVELS } from '#core/event/json-text.ts';
import type { Json } from '#core/event/track-event.ts';
import { parseJson } from '../../stored-value.ts';
import { applyEdits, type Edit, isFixedPlace, ownOf, UNSAFE_NAMES } from '../edit.ts';
import { maskAt, maskPlace } from '../masking.ts';

type Path = readonly string[];
type Holds = DeadLetterFacts['holds'];

/** A place that gets a value: a literal, or a copy of what stands at another place. */
interface RuleSet {
  readonly path: Path;
  readonly value: { readonly literal: unknown } | { readonly copyOf: Path };
}

/** What a bulk edit does to each event. Applied to its own result, it changes nothing. */
export interface EditRule {
  /** Track events and server events have different places. */
  readonly holds: Holds;
  readonly sets: readonly RuleSet[];
  readonly unsets: readonly Path[];
}

/** An event with the edits of a rule; or why it stays as it is, and where. */
export type RuleResult =
  | { readonly event: Json }
  | { readonly left: 'missing' | 'blocked' | 'same'; readonly where: string };

/** The parts of a server event; a place of a Track event starts with another name. */
const PARTS_OF_RECORD: readonly string[] = ['clear', 'personal'];

/** A path with more names is a mistake. */
const MOST_NAMES = READABLE_LEVELS;

/**
 * Reads `path=value` and paths. A text says what is wrong with one of them, and how to fix it.
 * @param sets the value is JSON, or `@path`
 * @param maxBytes of an event
 */
export function parseEditRule(
  sets: readonly string[],
  unsets: readonly string[],
  maxBytes: number,
): EditRule | string {
  if (sets.length + unsets.length === 0) return 'name at least one place to set or to unset';
  const read = [
    ...sets.map((text) => readSet(text, maxBytes)),
    ...unsets.map((text) => readPath(text, 'unset')),
  ];
  const problem = read.find((each) => typeof each === 'string');
  if (problem !== undefined) return problem;
  const found = {
    sets: read.filter((each) => typeof each === 'object' && 'path' in each),
    unsets: read.filter((each) => Array.isArray(each)) as Path[],
  };
  const changed = [...found.sets.map(({ path }) => path), ...found.unsets];
  const holds = holdsOf(changed[0] ?? []);
  const rule = { holds, ...found };
  return placeProblem(rule, changed) ?? orderProblem(rule) ?? rule;
}

function readSet(text: string, maxBytes: number): RuleSet | string {
  const end = text.indexOf('=');
  if (end < 1) return `set takes path=value, not “${text.slice(0, 100)}”`;
  const path = readPath(text.slice(0, end).trim(), 'set');
  if (typeof path === 'string') return path;
  const written = text.slice(end + 1).trim();
  if (written.startsWith('@')) {
    const copyOf = readPath(written.slice(1), 'copy');
    return typeof copyOf === 'string' ? copyOf : { path, value: { copyOf } };
  }
  const where = path.join('.');
  if (Buffer.byteLength(written) > maxBytes) {
    return `${where}: the value alone is larger than ingest.maxMessageBytes allows (${maxBytes})`;
  }
  const literal = parseJson(written);
  if (literal === undefined) {
    return `${where}: the value is no JSON: write a text in quotes, such as '${where}="EUR"', or @path to copy from the event`;
  }
  if (isDeeperThan(literal, READABLE_LEVELS)) return `${where}: the value is nested too deeply`;
  if (holdsUnsafeName(literal)) return `${where}: the value has a name that no event may have`;
  return { path, value: { literal } };
}

function readPath(text: string, what: 'set' | 'unset' | 'copy'): Path | string {
  const path = text.split('.');
  const shown = text.slice(0, 100);
  if (path.some((name) => name === '') || path.length > MOST_NAMES) {
    return `${what}: “${shown}” is no path: write names with dots between them, such as properties.revenue`;
  }
  if (path.some((name) => UNSAFE_NAMES.includes(name))) {
    return `${what}: “${shown}” is no place in an event`;
  }
  return path;
}

function holdsUnsafeName(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, each]) => UNSAFE_NAMES.includes(name) || holdsUnsafeName(each),
  );
}

function holdsOf([name = '']: Path): Holds {
  return PARTS_OF_RECORD.includes(name) ? 'record' : 'message';
}

/** What is wrong with the places of a rule; null where nothing is. */
function placeProblem({ holds, sets }: EditRule, changed: readonly Path[]): string | null {
  const copied = sets.flatMap(({ value }) => ('copyOf' in value ? [value.copyOf] : []));
  if ([...changed, ...copied].some((path) => holdsOf(path) !== holds)) {
    return 'clear.… and personal.… are places of a server event, the others are places of a Track event: edit them one after the other';
  }
  const whole = changed.find((path) => holds === 'record' && path.length === 1);
  if (whole !== undefined)
    return `${whole.join('.')} is a whole part of a server event: name a place in it`;
  const fixed = changed.find((path) => isFixedPlace(holds, path));
  if (fixed !== undefined) {
    return `${fixed.join('.')} cannot be changed: Meta recognises and dates the event by it`;
  }
  const leak = sets.find(
    ({ path, value }) =>
      holds === 'record' && 'copyOf' in value && leaksPersonal(path, value.copyOf),
  );
  if (leak === undefined) return null;
  return `${leak.path.join('.')}: a copy from personal would be sent without being hashed`;
}

/** What would make a second run change events again, or leaves open what is meant; null where nothing does. */
function orderProblem({ sets, unsets }: EditRule): string | null {
  for (const { path, value } of sets) {
    const unset = unsets.find((each) => isAtOrBelow(path, each));
    if (unset !== undefined) return `${path.join('.')} is set and unset: leave one of them out`;
    if (!('copyOf' in value)) continue;
    const { copyOf } = value;
    const other = sets.find((each) => overlap(each.path, copyOf));
    const part = unsets.find((each) => each.length > copyOf.length && isAtOrBelow(each, copyOf));
    const changed = other?.path ?? part;
    if (changed !== undefined) {
      return `${path.join('.')} copies ${copyOf.join('.')}, and ${changed.join('.')} is changed too: edit them one after the other`;
    }
  }
  return null;
}

function isAtOrBelow(path: Path, above: Path): boolean {
  return above.length <= path.length && above.every((name, at) => name === path[at]);
}

function overlap(a: Path, b: Path): boolean {
  return isAtOrBelow(a, b) || isAtOrBelow(b, a);
}

/** Applies a rule to an event, which stays as it was. */
export function applyRule(event: Json, { sets, unsets }: EditRule): RuleResult {
  const edits: Edit[] = [];
  for (const { path, value } of sets) {
    const found = 'literal' in value ? value.literal : eventValueAt(event, value.copyOf);
    if ('copyOf' in value && (found === undefined || found === null)) {
      return { left: 'missing', where: value.copyOf.join('.') };
    }
    edits.push({ path, value: found });
  }
  edits.push(...unsets.map((path) => ({ path, value: undefined })));
  const edited = applyEdits(event, edits);
  if (typeof edited === 'string') return { left: 'blocked', where: edited };
  if (jsonText(edited) === jsonText(event)) return { left: 'same', where: '' };
  return { event: edited };
}

/** Whether a copy within a server event would move a personal value to where it is sent as it is. */
export function leaksPersonal([to]: Path, [from]: Path): boolean {
  return to === 'clear' && from === 'personal';
}

/** Undefined where nothing stands there. */
export function eventValueAt(event: Json, path: Path): unknown {
  let at: unknown = event;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = ownOf(at as Json, name);
  }
  return at;
}

/** The places that a rule changes, as they may be shown. */
export function changedPlaces({ sets, unsets }: EditRule): string[] {
  return [...sets.map(({ path }) => path), ...unsets].map((path) => maskPlace(path));
}

/** A rule as it may be shown and kept: literals are masked as in `show`. */
export function describeRule({ holds, sets, unsets }: EditRule): string[] {
  return [
    ...sets.map(({ path, value }) => {
      const text =
        'copyOf' in value
          ? `@${maskPlace(value.copyOf)}`
          : jsonText(maskAt(holds, path, value.literal));
      return `${maskPlace(path)}=${text}`;
    }),
    ...unsets.map((path) => `unset ${maskPlace(path)}`),
  ];
}
