import { UsageError } from '#config/errors.ts';
import type { PixelNames } from '#core/pixel-names.ts';
import { nearest } from '#core/text/nearest.ts';
import { NO_PIXEL } from '#store/keys.ts';

/** A longer word is no slip of the pen. */
const LONGEST_WORD = 60;

/** `, did you mean track-events?`; empty where no known name is near. */
export function didYouMean(given: string, known: readonly string[]): string {
  const near = given.length > LONGEST_WORD ? null : nearest(given, known);
  return near === null ? '' : `, did you mean ${near}?`;
}

/**
 * The ID of a configured pixel.
 * @throws UsageError with the one that was probably meant
 */
export function pixelIdOf(names: PixelNames, idOrName: string): string {
  const id = names.idOf(idOrName);
  if (id !== null) return id;
  const meant = didYouMean(idOrName, names.spellings);
  const known = meant === '' ? `: configured are ${names.spellings.join(', ')}` : meant;
  throw new UsageError(`there is no pixel “${idOrName}”${known}`);
}

/**
 * What `pixel:` of a filter has to select: dead letters outlive the pixels of the configuration, so
 * that any ID will do.
 * @throws UsageError for a name that the configuration does not have
 */
export function pixelIdInFilter(names: PixelNames, value: string): string {
  return value === NO_PIXEL || /^\d+$/.test(value) ? value : pixelIdOf(names, value);
}
