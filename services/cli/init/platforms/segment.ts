import { asObject, type Json } from '#core/event/track-event.ts';
import {
  filled,
  type ImportResult,
  importAll,
  lettersOf,
  PixelDraft,
  search,
} from './import-result.ts';
import { importActions } from './segment-actions.ts';
import { carryId, titleOf, WHY_DROPPED } from './segment-destination.ts';

/*
 * Destinations as Segment's Public API returns them (GET /destinations, /destinations/{id}).
 * Sources: https://github.com/segmentio/public-api-sdk-typescript, model/destinationV1.ts; settings of the
 * classic destination: https://github.com/segmentio/segment-docs, src/_data/catalog/destinations.yml,
 * "Facebook Conversions API".
 */

/** Slugs and names of both destinations, as lower-case letters. */
const CLASSIC = new Set(['facebookconversionsapi', 'facebookpixelserverside']);
const ACTIONS = new Set(['facebookconversionsapiactions', 'actionsfacebookconversionsapi']);

/** Destinations in files of Segment's Public API, as pixels. */
export function importFromSegment(files: readonly unknown[]): ImportResult {
  const subscriptions = search(files, (object) =>
    typeof object['trigger'] === 'string' && 'actionId' in object ? object : null,
  );
  const destinations = search(files, destinationOf);
  const all = destinations.length > 0 ? destinations : files.flatMap(bareSettings);
  const read = (destination: Json) => {
    const key = titleOf(destination);
    const kind = kindOf(destination);
    if (kind === null) return { key, why: 'is not a destination for the Conversions API' };
    if (destination['enabled'] === false) return { key, why: 'is disabled' };
    if (kind === 'classic') return classic(destination);
    const isMine = ({ destinationId: id }: Json) => id === destination['id'] || id === undefined;
    return importActions(destination, subscriptions.filter(isMine));
  };
  return importAll(all, read, 'has no pixel ID of digits in pixelId');
}

/** The settings of a classic destination alone. */
function bareSettings(file: unknown): Json[] {
  const settings = asObject(file);
  if (settings?.['pixelId'] === undefined) return [];
  return [
    { name: 'Facebook Conversions API', metadata: { slug: 'facebook-conversions-api' }, settings },
  ];
}

function destinationOf(object: Json): Json | null {
  const isDestination =
    asObject(object['settings']) !== null && asObject(object['metadata']) !== null;
  return isDestination ? object : null;
}

function kindOf(destination: Json): 'classic' | 'actions' | null {
  const metadata = asObject(destination['metadata']);
  const names = [metadata?.['slug'], metadata?.['name']].map(lettersOf);
  if (names.some((name) => ACTIONS.has(name))) return 'actions';
  return names.some((name) => CLASSIC.has(name)) ? 'classic' : null;
}

function classic(destination: Json): PixelDraft {
  const draft = new PixelDraft(titleOf(destination), filled(destination['name']));
  const { pixelId, standardEvents, externalIdProp, valueIdentifier, limitedDataUse, ...others } =
    asObject(destination['settings']) ?? {};
  carryId(draft, pixelId);
  const mappings = Object.fromEntries(mappingsOf(standardEvents));
  draft.carry('eventMappings', mappings, 'standardEvents');
  draft.carry('alternativeExternalIdField', filled(externalIdProp), 'externalIdProp');
  draft.carry('valueFieldIdentifier', filled(valueIdentifier), 'valueIdentifier');
  draft.carry('useLimitedDataUse', limitedDataUse === true, 'limitedDataUse');
  draft.dropRest(others, WHY_DROPPED);
  return draft;
}

/** A map of Segment's, as an object or as a list of key and value. */
function mappingsOf(map: unknown): [string, string][] {
  const object = asObject(map);
  const rows: readonly unknown[] = Array.isArray(map) ? map : [];
  const pairs =
    object === null
      ? rows.map(asObject).map((row) => [row?.['key'], row?.['value']])
      : Object.entries(object);
  return pairs.flatMap(([from, to]): [string, string][] => {
    const [name, event] = [filled(from), filled(to)];
    return name === null || event === null ? [] : [[name, event]];
  });
}
