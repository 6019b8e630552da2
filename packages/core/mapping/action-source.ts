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
 * The action source of the event, otherwise the pixel's default; null for a value that Meta does not
 * accept. Case and outer spaces are ignored.
 */
export function actionSourceOf(
  properties: Json | null,
  byDefault: ActionSource,
): ActionSource | null {
  const { action_source: snake, actionSource: camel } = properties ?? NOTHING;
  const value = isAbsent(snake) ? camel : snake;
  return isAbsent(value) ? byDefault : readActionSource(value);
}

/** Null for a value that Meta does not accept. Case and outer spaces are ignored. */
export function readActionSource(value: unknown): ActionSource | null {
  if (typeof value !== 'string') return null;
  return KNOWN.get(value) ?? KNOWN.get(value.trim().toLowerCase()) ?? null;
}

/** Where {@link actionSourceOf} has it from, for `preview`. */
export function actionSourceOrigin(properties: Json | null): string {
  const property = ACTION_SOURCE_PROPERTIES.find((name) => !isAbsent(properties?.[name]));
  return property === undefined ? 'settings.defaultActionSource' : `properties.${property}`;
}
