import { isDeepStrictEqual } from 'node:util';
import { type ComparedField, FIELDS } from './fields.ts';
import { type Library, parameterBuilder, sdk } from './libraries.ts';
import { ours } from './ours.ts';
import { hashed, listed, type Result } from './result.ts';
import type { Feed, Row } from './rows.ts';

/** A difference as it was seen: where a field is hashed, both sides are lists of hashes. */
export type Difference = Omit<Row, 'reason'>;

const LIBRARIES: readonly [Library, (field: ComparedField, value: unknown) => Result][] = [
  ['sdk', sdk],
  ['builder', parameterBuilder],
];

const SHA256 = /^[0-9a-f]{64}$/;
const SHA256_OR_MD5 = /^(?:[0-9a-f]{64}|[0-9a-f]{32})$/;

/** Feeds the values to every implementation, and reports where one answers differently from ours. */
export function differencesIn(name: string, feeds: readonly Feed[]): Difference[] {
  const field = FIELDS[name];
  if (field === undefined) throw new Error(`fields.ts does not say how to feed ${name}`);
  const isHashed = field.builder !== undefined;
  const seen = (result: Result): Result => (isHashed ? listed(result) : result);
  return feeds.flatMap((feed) => {
    const mine = seen(ours(field, feed.input, feed.country));
    return LIBRARIES.flatMap(([library, ask]) => {
      if (library === 'builder' && !isHashed) return [];
      const theirs = seen(ask(field, feed.input));
      return isDeepStrictEqual(mine, theirs)
        ? []
        : [{ field: name, ...feed, library, ours: mine, theirs }];
    });
  });
}

/** What must be done to the rows of a field so that they tell what was seen; nothing is right. */
export function faultsOf(found: readonly Difference[], rows: readonly Row[]): string[] {
  const known = new Map(rows.map((row) => [keyOf(row), row]));
  const faults = found.flatMap((difference) => {
    const row = known.get(keyOf(difference));
    known.delete(keyOf(difference));
    if (row === undefined) return [`add a row for ${JSON.stringify(difference)}`];
    return isDeepStrictEqual(asSeen(row), difference)
      ? []
      : [`fix the row ${JSON.stringify(row)}: it is ${JSON.stringify(difference)}`];
  });
  const gone = [...known.values()].map((row) => `remove the row ${JSON.stringify(row)}`);
  return [...faults, ...gone];
}

function keyOf({ library, input, country = '' }: Difference): string {
  return JSON.stringify([library, input, country]);
}

/** A row without its reason, hashed as each side hashes: the libraries pass an MD5 through. */
function asSeen({ reason: _, ...row }: Row): Difference {
  const field = FIELDS[row.field];
  if (field?.builder === undefined) return row;
  const theirHash = (value: string): boolean =>
    SHA256_OR_MD5.test(value) || (row.library === 'sdk' && row.field === 'external_id');
  return {
    ...row,
    ours: hashed(row.ours, (value) => SHA256.test(value)),
    theirs: hashed(row.theirs, theirHash),
  };
}
