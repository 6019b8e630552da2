import { compilePath, readPath, type Steps } from './path.ts';

/** Which Track events go to a pixel; all of them without conditions. */
export interface Route {
  readonly topics?: readonly string[] | undefined;
  /** Path of the event → the value, or one of the values, that it must have. */
  readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

interface Condition {
  readonly steps: Steps;
  readonly values: ReadonlySet<string>;
}

interface CompiledRoute {
  readonly index: number;
  readonly topics: ReadonlySet<string> | null;
  /** All conditions except the one by which the route is looked up. */
  readonly where: readonly Condition[];
}

/** Routes whose first condition has the same path, by value. */
interface Group {
  readonly steps: Steps;
  readonly byValue: ReadonlyMap<string, readonly CompiledRoute[]>;
}

/**
 * Routes an event to the pixels whose conditions all hold. A null topic, as in `preview`, meets every
 * condition on topics. Numbers and booleans of an event are compared as text.
 *
 * Pixels are looked up by the value at the path of their first condition, so that many pixels with a
 * `writeKey` each cost no more than one.
 *
 * @returns positions in `pixels`, ascending
 */
export function createRouter(
  pixels: readonly { readonly events: Route }[],
): (topic: string | null, event: object) => readonly number[] {
  const routes = pixels.map(({ events }, index) => ({ index, events }));
  const everything = routes.map(({ index }) => index);
  const always = routes.filter(({ events }) => isEmpty(events.where)).map(compile);
  const groups = groupsOf(routes.filter(({ events }) => !isEmpty(events.where)));
  if (groups.length === 0 && always.every(({ topics }) => topics === null)) return () => everything;

  return (topic, event) => {
    const found: number[] = [];
    collect(found, always, topic, event);
    for (const { steps, byValue } of groups) {
      const value = textAt(event, steps);
      if (value !== null) collect(found, byValue.get(value) ?? [], topic, event);
    }
    return found.length < 2 ? found : found.sort((a, b) => a - b);
  };
}

function isEmpty(where: Route['where']): boolean {
  return where === undefined || Object.keys(where).length === 0;
}

function compile({ index, events }: { index: number; events: Route }): CompiledRoute {
  const topics = events.topics === undefined ? null : new Set(events.topics);
  const where = Object.entries(events.where ?? {}).map(([path, values]) => ({
    steps: compilePath(path),
    values: new Set([values].flat()),
  }));
  return { index, topics, where };
}

function groupsOf(routes: readonly { index: number; events: Route }[]): Group[] {
  const groups = new Map<string, { steps: Steps; byValue: Map<string, CompiledRoute[]> }>();
  for (const route of routes) {
    const { where, ...compiled } = compile(route);
    const [first, ...others] = where;
    if (first === undefined) continue;
    const key = first.steps.join('.');
    const group = groups.get(key) ?? { steps: first.steps, byValue: new Map() };
    groups.set(key, group);
    for (const value of first.values) {
      const before = group.byValue.get(value) ?? [];
      group.byValue.set(value, [...before, { ...compiled, where: others }]);
    }
  }
  return [...groups.values()];
}

function collect(
  found: number[],
  routes: readonly CompiledRoute[],
  topic: string | null,
  event: object,
): void {
  for (const { index, topics, where } of routes) {
    if (topic !== null && topics !== null && !topics.has(topic)) continue;
    if (where.every((condition) => holds(condition, event))) found.push(index);
  }
}

function holds({ steps, values }: Condition, event: object): boolean {
  const value = textAt(event, steps);
  return value !== null && values.has(value);
}

function textAt(event: object, steps: Steps): string | null {
  const value = readPath(event, steps);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
