import { compilePath, readPath, type Steps } from './path.ts';

/** Which Track events go to a pixel; everything when nothing is said. */
export interface Route {
  readonly topics?: readonly string[] | undefined;
  /** Path of the event → the value, or one of the values, that it must have. */
  readonly where?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

interface CompiledRoute {
  readonly topics: ReadonlySet<string> | null;
  readonly where: readonly { readonly steps: Steps; readonly values: ReadonlySet<string> }[];
}

/**
 * Tells which pixels an event goes to: those whose every condition holds. A topic of null, as
 * `preview` has it, fulfils any condition on topics.
 *
 * @returns positions in `pixels`, ascending
 */
export function createRouter(
  pixels: readonly { readonly events: Route }[],
): (topic: string | null, event: object) => readonly number[] {
  const routes = pixels.map(({ events }) => compile(events));
  const everything = routes.map((_, index) => index);
  const unconditional = routes.every(({ topics, where }) => topics === null && where.length === 0);
  if (unconditional) return () => everything;
  return (topic, event) => everything.filter((index) => matches(routes[index], topic, event));
}

function compile({ topics, where = {} }: Route): CompiledRoute {
  return {
    topics: topics === undefined ? null : new Set(topics),
    where: Object.entries(where).map(([path, values]) => ({
      steps: compilePath(path),
      values: new Set([values].flat()),
    })),
  };
}

function matches(route: CompiledRoute | undefined, topic: string | null, event: object): boolean {
  if (route === undefined) return false;
  if (topic !== null && route.topics !== null && !route.topics.has(topic)) return false;
  return route.where.every(({ steps, values }) => {
    const value = readPath(event, steps);
    return typeof value === 'string' && values.has(value);
  });
}
