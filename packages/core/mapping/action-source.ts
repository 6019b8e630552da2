import { ACTION_SOURCES, type ActionSource } from '../event/server-event.ts';
import type { Json } from '../event/track-event.ts';
import { isAbsent } from './scalars.ts';

/** Either spelling. Source: Segment, "You can use either snake case or camel case". */
export const ACTION_SOURCE_PROPERTIES = ['action_source', 'actionSource'] as const;

const NOTHING: Json = {};

const KNOWN: ReadonlyMap<unknown, ActionSource> = new Map(
  ACTION_SOURCES.map((source) => [source, source]),
);

/**
 * What the event says of itself, else the default of the pixel; null when it says something that
 * Meta does not know. Case and outer spaces do not count.
 */
export function actionSourceOf(
  properties: Json | null,
  byDefault: ActionSource,
): ActionSource | null {
  const { action_source: snake, actionSource: camel } = properties ?? NOTHING;
  const value = isAbsent(snake) ? camel : snake;
  if (isAbsent(value)) return byDefault;
  if (typeof value !== 'string') return null;
  return KNOWN.get(value) ?? KNOWN.get(value.trim().toLowerCase()) ?? null;
}
