import { horizonOf } from '../event/horizon.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import type { ActionSource } from '../event/server-event.ts';
import { asObject, type Json } from '../event/track-event.ts';
import type { Warning } from '../event/warning.ts';
import { actionSourceOf, actionSourceOrigin, readActionSource } from '../mapping/action-source.ts';
import { type Trace, warn } from '../mapping/draft.ts';
import { type EventTime, eventTimeOf, timeOf } from '../mapping/event-time.ts';
import { invalidActionSource, type MappingResult } from '../mapping/mapping-result.ts';
import {
  type FieldReader,
  type FieldScope,
  fieldReader,
  pathsOf,
  sourcesOf,
} from './field-reader.ts';

type HeadSettings = Pick<PixelSettings, 'fields' | 'defaultActionSource'>;

/** How a pixel that names their sources reads what must be known before an event is mapped. */
export interface HeadFields {
  /** Null for values of which Meta accepts none. */
  readonly actionSource: (event: Json, warnings: Warning[]) => ActionSource | null;
  /** For an event whose action source is null. */
  readonly invalidActionSource: MappingResult;
  /** The usual fields stand in: an event without a time would get that at which it is read. */
  readonly time: (event: Json, warnings: Warning[]) => EventTime | null;
}

/** Null for a pixel that leaves both to their usual places. */
export function createHeadFields(
  { fields, defaultActionSource }: HeadSettings,
  trace: Trace | null = null,
): HeadFields | null {
  const source = fieldReader(fields, 'action_source', takeActionSource);
  const time = fieldReader(fields, 'event_time', takeTime);
  if (source === null && time === null) return null;
  const readSource = source ?? usualActionSource(defaultActionSource);
  const sources = sourcesOf(fields, 'action_source');
  const place = sources === null ? 'properties.action_source' : pathsOf(sources);
  return {
    invalidActionSource: invalidActionSource(place),
    actionSource: (whole, warnings) => {
      const found = readSource({ event: { whole }, warnings, trace });
      if (found !== undefined) return found;
      trace?.('action_source', 'settings.defaultActionSource');
      return defaultActionSource;
    },
    time: (whole, warnings) => time?.({ event: { whole }, warnings, trace }) ?? eventTimeOf(whole),
  };
}

function takeActionSource(
  scope: FieldScope,
  value: unknown,
  path: string,
): ActionSource | undefined {
  const source = readActionSource(value);
  if (source === null) warn(scope, 'invalid_property', path);
  return source ?? undefined;
}

function usualActionSource(byDefault: ActionSource): FieldReader<FieldScope, ActionSource> {
  return ({ event, trace }) => {
    const properties = asObject(event.whole['properties']);
    trace?.('action_source', actionSourceOrigin(properties));
    return actionSourceOf(properties, byDefault);
  };
}

function takeTime(scope: FieldScope, value: unknown, path: string): EventTime | undefined {
  const ms = timeOf(value);
  if (ms !== null) return { field: path, ms };
  warn(scope, 'invalid_time', path);
  return undefined;
}

/**
 * Reads the horizon of an event that was not mapped, in Unix seconds: from the fields that the mapping of
 * the pixel would take. Null where the event has no time.
 */
export function createHorizon(settings: HeadSettings | null): (event: Json) => number | null {
  const own = settings === null ? null : createHeadFields(settings);
  const byDefault = settings?.defaultActionSource ?? 'website';
  return (event) => {
    const ms = (own === null ? eventTimeOf(event) : own.time(event, []))?.ms ?? null;
    if (ms === null) return null;
    const source =
      own === null
        ? actionSourceOf(asObject(event['properties']), byDefault)
        : own.actionSource(event, []);
    return horizonOf(Math.floor(ms / 1000), source ?? byDefault);
  };
}
