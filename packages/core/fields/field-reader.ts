import type { PixelSettings } from '../event/pixel-settings.ts';
import type { Json } from '../event/track-event.ts';
import type { Warning } from '../event/warning.ts';
import type { Draft, Trace } from '../mapping/draft.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { isFault, parseSource } from './parse-source.ts';
import type { Source } from './source.ts';

/** What reading a field needs of a draft. */
export interface FieldScope {
  readonly event: { readonly whole: Json };
  readonly warnings: Draft['warnings'];
  readonly trace: Trace | null;
}

/** Reads one value; undefined, and a warning, for one that is of no use. */
export type ReadValue<S, T> = (scope: S, value: unknown, path: string) => T | undefined;

/** The value of a field. Null: there were values, but none of use. Undefined: there was none. */
export type FieldReader<S, T> = (scope: S) => T | null | undefined;

/**
 * The sources of a field in the order in which they are tried; null where the pixel leaves the field to
 * its usual places.
 *
 * @throws Error when a source cannot be read, which the configuration reports before
 */
export function sourcesOf(fields: PixelSettings['fields'], name: string): readonly Source[] | null {
  if (!Object.hasOwn(fields, name)) return null;
  return [fields[name]].flat().map((written) => {
    const source = parseSource(written);
    if (isFault(source)) throw new Error(`fields.${name} ${source.message}`);
    return source;
  });
}

/** The paths of some sources, as warnings and refusals name them. */
export function pathsOf(sources: readonly Source[]): string {
  return sources.map(({ path }) => path).join(', ');
}

/**
 * Reads a field from the sources of the configuration: the first value that `read` can use counts. Null
 * where the pixel leaves the field to its usual places, so that it costs nothing there.
 *
 * @param traced the field as `preview` knows it
 */
export function fieldReader<S extends FieldScope, T>(
  fields: PixelSettings['fields'],
  name: string,
  read: ReadValue<S, T>,
  traced = name,
): FieldReader<S, T> | null {
  const sources = sourcesOf(fields, name);
  if (sources === null) return null;
  return (scope) => {
    let found: T | null | undefined;
    for (const source of sources) {
      const value = source.read(scope.event.whole);
      if (isAbsent(value)) continue;
      const before = scope.warnings.length;
      found = read(scope, value, source.path) ?? null;
      nameField(scope.warnings, before, name);
      if (found === null) continue;
      scope.trace?.(traced, source.origin);
      return found;
    }
    return found;
  };
}

/** Adds to the warnings from a position on which field they are about: the path does not tell it. */
export function nameField(warnings: Warning[], from: number, field: string): void {
  for (let at = from; at < warnings.length; at++) {
    const warning = warnings[at];
    if (warning !== undefined) warnings[at] = { ...warning, field };
  }
}
