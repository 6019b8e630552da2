import { parsePixelSettings } from '#config/load.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import { isPixelName } from '#core/pixel-names.ts';

/** Something of the other platform that the configuration does not have. */
export interface NotCarried {
  /** The setting of the other platform. */
  readonly key: string;
  readonly why: string;
}

/** One destination of the other platform as a pixel. */
export interface ImportedPixel {
  readonly pixelId: string;
  /** What the other platform calls it. */
  readonly title: string;
  /** Its name there, where it may be that of our pixel. */
  readonly name: string | null;
  /** Our keys and values; without the token. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Our key → the settings that it comes from. */
  readonly origins: Readonly<Record<string, string>>;
  readonly notCarried: readonly NotCarried[];
}

/** What was read from the files of another platform. */
export interface ImportResult {
  readonly pixels: readonly ImportedPixel[];
  /** Destinations that became no pixel. */
  readonly skipped: readonly NotCarried[];
}

/** A pixel while its settings are carried over. */
export class PixelDraft {
  readonly title: string;
  private readonly name: string | null;
  private readonly settings = new Map<
    string,
    { readonly value: unknown; readonly origin: string }
  >();
  private readonly notCarried: NotCarried[] = [];

  /** @param name what people call it there; null where its title says something else */
  constructor(title: string, name: string | null) {
    this.title = title;
    this.name = name !== null && isPixelName(name) ? name : null;
  }

  /** A value that says nothing is left out. @param origin the setting that it comes from */
  carry(key: string, value: unknown, origin: string): void {
    if (!isEmpty(value)) this.settings.set(key, { value, origin });
  }

  drop(key: string, why: string): void {
    this.notCarried.push({ key, why });
  }

  /** Names each setting that says something and has no equivalent. @param reasons why, where more is known */
  dropRest(rest: Json, reasons: ReadonlyMap<string, string>): void {
    for (const [key, value] of Object.entries(rest)) {
      if (!isEmpty(value)) this.drop(key, reasons.get(key) ?? 'there is no setting for it');
    }
  }

  /** The value of one of our keys so far. */
  get(key: string): unknown {
    return this.settings.get(key)?.value;
  }

  /** Leaves out what our schema refuses; null where that is the pixel's id. */
  finish(): ImportedPixel | null {
    for (;;) {
      const settings = Object.fromEntries(
        [...this.settings].map(([key, { value }]) => [key, value]),
      );
      const parsed = parsePixelSettings(settings);
      if (parsed.ok) return this.result(settings);
      const refused = new Set(parsed.problems.map(({ path }) => path.split(/[.[]/, 1)[0] ?? ''));
      for (const key of refused) {
        if (!this.settings.has(key) || key === 'pixelId') return null;
        const why = parsed.problems.find(({ path }) => path.startsWith(key))?.message ?? '';
        this.drop(this.settings.get(key)?.origin ?? key, `${key} ${why}`);
        this.settings.delete(key);
      }
    }
  }

  private result(settings: Record<string, unknown>): ImportedPixel | null {
    const { pixelId } = settings;
    if (typeof pixelId !== 'string') return null;
    const origins = Object.fromEntries(
      [...this.settings].map(([key, { origin }]) => [key, origin]),
    );
    const { title, name, notCarried } = this;
    return { pixelId, title, name, settings, origins, notCarried };
  }
}

/** Deeper levels of a file are not searched. */
const DEEPEST = 8;

/** Every object of a file for which `find` has an answer; it is not searched further. */
export function search<T>(value: unknown, find: (object: Json) => T | null, depth = 0): T[] {
  if (depth > DEEPEST) return [];
  if (Array.isArray(value)) return value.flatMap((each) => search(each, find, depth + 1));
  const object = asObject(value);
  if (object === null) return [];
  const found = find(object);
  if (found !== null) return [found];
  return Object.values(object).flatMap((each) => search(each, find, depth + 1));
}

/** A text that says something; null for anything else. */
export function filled(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** The texts under one key of the objects in a list: `[{"purpose": "ads"}]`. */
export function textsIn(list: unknown, key: string): string[] {
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  return items.map((item) => filled(asObject(item)?.[key])).filter((text) => text !== null);
}

/** True for a setting that says nothing: no value, false, an empty text, list or object. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isEmptyItem);
  const object = asObject(value);
  if (object !== null) return Object.keys(object).length === 0;
  return value === undefined || value === null || value === false || isBlank(value);
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

/** Forms leave a row of empty fields where nothing was entered. */
function isEmptyItem(item: unknown): boolean {
  const object = asObject(item);
  return object === null ? isBlank(item) : Object.values(object).every((each) => !each);
}

/** The name of a kind of destination, which is spelled in several ways, as lower-case letters. */
export function lettersOf(name: unknown): string {
  return String(name)
    .slice(0, 100)
    .toLowerCase()
    .replace(/[^a-z]+/g, '');
}

/**
 * Destinations as pixels whose ids are different.
 * @param read the pixel, or why there is none
 * @param withoutId why there is no pixel where the id is not usable
 */
export function importAll<D>(
  destinations: readonly D[],
  read: (destination: D) => PixelDraft | NotCarried,
  withoutId: string,
): ImportResult {
  const pixels = new Map<string, ImportedPixel>();
  const skipped: NotCarried[] = [];
  const repeated: NotCarried[] = [];
  for (const found of destinations.map(read)) {
    const pixel =
      found instanceof PixelDraft
        ? (found.finish() ?? { key: found.title, why: withoutId })
        : found;
    if ('why' in pixel) skipped.push(pixel);
    else if (pixels.has(pixel.pixelId)) {
      repeated.push({ key: pixel.title, why: `pixel ${pixel.pixelId} was carried over already` });
    } else {
      const taken = [...pixels.values()].some(({ name }) => name === pixel.name);
      pixels.set(pixel.pixelId, taken ? { ...pixel, name: null } : pixel);
    }
  }
  return { pixels: [...pixels.values()], skipped: [...skipped, ...repeated] };
}
