import {
  type Condition,
  compileCondition,
  type EventTest,
  textAt,
} from '../conditions/condition.ts';
import { compilePath, type Steps } from './path.ts';

/** Which Track events go to a pixel; all of them without conditions. */
export interface Route {
  readonly topics?: readonly string[] | undefined;
  /** Path of the event → the value, or one of the values, that it must have. */
  readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** A condition that the event must meet, too. */
  readonly allow?: Condition | undefined;
  /** A condition under which an event that the pixel selects is left out, and counted. */
  readonly deny?: Condition | undefined;
}

interface CompiledRoute {
  readonly index: number;
  readonly topics: ReadonlySet<string> | null;
  /** All conditions except the one by which the route is looked up. */
  readonly tests: readonly EventTest[];
}

/** Routes whose first condition has the same path, by value. */
interface Group {
  readonly steps: Steps;
  readonly byValue: Map<string, CompiledRoute[]>;
}

/**
 * Routes an event to the pixels whose `topics`, `where` and `allow` all hold; {@link Route.deny} is not
 * asked here. A null topic, as in `preview`, meets every condition on topics. Numbers and booleans of
 * an event are compared as text.
 *
 * Pixels are looked up by the value at the path of their first condition on a value, so that many
 * pixels with a `writeKey` each cost no more than one.
 *
 * @returns positions in `pixels`, ascending
 */
export function createRouter(
  pixels: readonly { readonly events: Route }[],
): (topic: string | null, event: object) => readonly number[] {
  const everything = pixels.map((_, index) => index);
  const { always, groups } = compile(pixels.map(({ events }) => events));
  const isOpen = always.every(({ topics, tests }) => topics === null && tests.length === 0);
  if (groups.length === 0 && isOpen) return () => everything;

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

function compile(routes: readonly Route[]) {
  const always: CompiledRoute[] = [];
  const groups = new Map<string, Group>();
  for (const [index, events] of routes.entries()) {
    const topics = events.topics === undefined ? null : new Set(events.topics);
    const conditions = conditionsOf(events);
    const first = conditions.findIndex((condition) => valuesOf(condition) !== null);
    const others = conditions.filter((_, at) => at !== first);
    const route = { index, topics, tests: others.map(compileCondition) };
    const lookup = conditions[first];
    if (lookup !== undefined && 'path' in lookup) addTo(groups, lookup.path, lookup, route);
    else always.push(route);
  }
  return { always, groups: [...groups.values()] };
}

function addTo(
  groups: Map<string, Group>,
  path: string,
  lookup: Condition,
  route: CompiledRoute,
): void {
  const steps = compilePath(path);
  const key = steps.join('.');
  const group: Group = groups.get(key) ?? { steps, byValue: new Map() };
  groups.set(key, group);
  for (const value of new Set(valuesOf(lookup))) {
    const routes = group.byValue.get(value);
    if (routes === undefined) group.byValue.set(value, [route]);
    else routes.push(route);
  }
}

/** Everything that an event must meet, apart from its topic. */
function conditionsOf({ where = {}, allow }: Route): readonly Condition[] {
  const fields = Object.entries(where).map(([path, values]) => ({ path, in: [values].flat() }));
  if (allow === undefined) return fields;
  return [...fields, ...('all' in allow ? allow.all : [allow])];
}

/** The values of a condition by which routes can be looked up; null for any other. */
function valuesOf(condition: Condition): readonly string[] | null {
  if ('equals' in condition) return [String(condition.equals)];
  return 'in' in condition ? condition.in.map(String) : null;
}

function collect(
  found: number[],
  routes: readonly CompiledRoute[],
  topic: string | null,
  event: object,
): void {
  for (const { index, topics, tests } of routes) {
    if (topic !== null && topics !== null && !topics.has(topic)) continue;
    if (tests.every((test) => test(event))) found.push(index);
  }
}
