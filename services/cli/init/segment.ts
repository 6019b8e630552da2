import { asObject, type Json } from '#core/event/track-event.ts';
import { createEventNames } from '#core/mapping/event-name.ts';
import {
  filled,
  type ImportedPixel,
  type ImportResult,
  isEmpty,
  type NotCarried,
  PixelDraft,
  search,
  withoutRepeated,
} from './import-result.ts';
import { readTrigger, type TriggerResult } from './trigger.ts';

/*
 * Destinations as Segment's Public API returns them (GET /destinations, /destinations/{id}), and their
 * subscriptions (GET /destinations/{id}/subscriptions).
 * Sources: https://github.com/segmentio/public-api-sdk-typescript, model/destinationV1.ts and
 * model/destinationSubscription.ts; settings of the classic destination:
 * https://github.com/segmentio/segment-docs, src/_data/catalog/destinations.yml, "Facebook Conversions API";
 * settings and actions of the other one:
 * https://github.com/segmentio/action-destinations/tree/main/packages/destination-actions/src/destinations/facebook-conversions-api.
 */

/** Slugs and names of both destinations, as lower-case letters. */
const CLASSIC = new Set(['facebookconversionsapi', 'facebookpixelserverside']);
const ACTIONS = new Set(['facebookconversionsapiactions', 'actionsfacebookconversionsapi']);

/** Action of the destination → Meta's event; the ones that end in 2 are its later versions. */
const ACTION_EVENTS: Readonly<Record<string, string>> = {
  purchase: 'Purchase',
  initiateCheckout: 'InitiateCheckout',
  addToCart: 'AddToCart',
  viewContent: 'ViewContent',
  search: 'Search',
  pageView: 'PageView',
};

/** Fields of an action whose values become settings of the pixel. */
const PIXEL_FIELDS: Readonly<Record<string, string>> = {
  action_source: 'defaultActionSource',
  data_processing_options: 'useLimitedDataUse',
  data_processing_options_country: 'dataProcessingOptionsCountry',
  data_processing_options_state: 'dataProcessingOptionsState',
};

/** Destinations in files of Segment's Public API, as pixels. */
export function importFromSegment(files: readonly unknown[]): ImportResult {
  const subscriptions = search(files, (object) =>
    typeof object['trigger'] === 'string' && 'actionId' in object ? object : null,
  );
  const skipped: NotCarried[] = [];
  const pixels: ImportedPixel[] = [];
  const destinations = search(files, destinationOf);
  for (const destination of destinations.length > 0 ? destinations : files.flatMap(bareSettings)) {
    const title = titleOf(destination);
    const kind = kindOf(destination);
    if (kind === null)
      skipped.push({ key: title, why: 'is not a destination for the Conversions API' });
    else if (destination['enabled'] === false) skipped.push({ key: title, why: 'is disabled' });
    else {
      const mine = subscriptions.filter(
        ({ destinationId: id }) => id === destination['id'] || id === undefined,
      );
      const pixel = (
        kind === 'classic' ? classic(destination) : actions(destination, mine)
      ).finish();
      if (pixel === null) skipped.push({ key: title, why: 'has no pixel ID of digits in pixelId' });
      else pixels.push(pixel);
    }
  }
  const distinct = withoutRepeated(pixels);
  return { pixels: distinct.pixels, skipped: [...skipped, ...distinct.skipped] };
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

function titleOf(destination: Json): string {
  const metadata = asObject(destination['metadata']);
  return (
    filled(destination['name']) ?? filled(metadata?.['name']) ?? 'a destination without a name'
  );
}

function kindOf(destination: Json): 'classic' | 'actions' | null {
  const metadata = asObject(destination['metadata']);
  const names = [metadata?.['slug'], metadata?.['name']].map((name) =>
    String(name)
      .slice(0, 100)
      .toLowerCase()
      .replace(/[^a-z]+/g, ''),
  );
  if (names.some((name) => ACTIONS.has(name))) return 'actions';
  return names.some((name) => CLASSIC.has(name)) ? 'classic' : null;
}

function classic(destination: Json): PixelDraft {
  const draft = new PixelDraft(titleOf(destination));
  const { pixelId, standardEvents, externalIdProp, valueIdentifier, limitedDataUse, ...others } =
    asObject(destination['settings']) ?? {};
  carryId(draft, pixelId);
  const mappings = mappingsOf(standardEvents);
  if (mappings.length > 0)
    draft.carry('eventMappings', Object.fromEntries(mappings), 'standardEvents');
  const external = filled(externalIdProp);
  if (external !== null) draft.carry('alternativeExternalIdField', external, 'externalIdProp');
  const value = filled(valueIdentifier);
  if (value !== null) draft.carry('valueFieldIdentifier', value, 'valueIdentifier');
  if (limitedDataUse === true) draft.carry('useLimitedDataUse', true, 'limitedDataUse');
  dropOthers(draft, others);
  return draft;
}

function carryId(draft: PixelDraft, id: unknown): void {
  draft.carry('pixelId', typeof id === 'number' ? String(id) : filled(id), 'pixelId');
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

const WHY_DROPPED: Readonly<Record<string, string>> = {
  contentTypes:
    'content_type is product where there are contents; send properties.content_type for another one',
  accessToken: 'a token is not written into the file; it comes from the environment',
};

function dropOthers(draft: PixelDraft, others: Json): void {
  for (const [key, value] of Object.entries(others)) {
    if (!isEmpty(value)) draft.drop(key, WHY_DROPPED[key] ?? 'there is no setting for it');
  }
}

/** A subscription that becomes mappings of events. */
interface Subscription extends TriggerResult {
  readonly title: string;
  /** Meta's event; null for the name of the Track event. */
  readonly event: string | null;
  readonly settings: Json;
}

/** The actions of a destination decide which events it sends: only those that a subscription names. */
function actions(destination: Json, subscriptions: readonly Json[]): PixelDraft {
  const draft = new PixelDraft(titleOf(destination));
  const { pixelId, testEventCode, ...others } = asObject(destination['settings']) ?? {};
  carryId(draft, pixelId);
  const code = filled(testEventCode);
  if (code !== null) draft.carry('testEventCode', code, 'testEventCode');
  dropOthers(draft, others);
  const read = subscriptions.flatMap((subscription) => readSubscription(draft, subscription) ?? []);
  if (subscriptions.length === 0) {
    draft.drop('subscriptions', 'give the file of GET /destinations/{id}/subscriptions too');
  }
  carryEvents(draft, read);
  carryFields(draft, read);
  return draft;
}

function readSubscription(draft: PixelDraft, subscription: Json): Subscription | null {
  const title = `subscription ${filled(subscription['name']) ?? 'without a name'}`;
  const drop = (why: string): null => {
    draft.drop(title, why);
    return null;
  };
  if (subscription['enabled'] === false) return drop('is disabled');
  const settings = asObject(subscription['settings']) ?? {};
  const action = String(subscription['actionSlug']).replace(/2$/, '');
  const event = action === 'custom' ? nameOf(settings['event_name']) : ACTION_EVENTS[action];
  if (event === undefined)
    return drop('its event name is not a text or the name of the Track event');
  const trigger = readTrigger(String(subscription['trigger']));
  if (trigger === null) return drop('its trigger asks for more than type and event');
  return { ...trigger, title, event, settings };
}

/** The event name of a custom event: a text, or that of the Track event, which is null here. */
function nameOf(value: unknown): string | null | undefined {
  if (value === undefined || asObject(value)?.['@path'] === '$.event') return null;
  return filled(value) ?? undefined;
}

function carryEvents(draft: PixelDraft, subscriptions: readonly Subscription[]): void {
  const mappings = new Map<string, string>();
  for (const { title, events, event, everyTrack, pages } of subscriptions) {
    if (everyTrack && event !== null) draft.drop(title, `sends every Track event as ${event}`);
    if (pages && event !== 'PageView') draft.drop(title, 'sends page calls as another event');
    if (pages && event === 'PageView') draft.carry('sendPageViews', true, title);
    for (const name of events) {
      const known = mappings.get(name);
      const target = event ?? name;
      if (known === undefined) mappings.set(name, target);
      else if (known !== target) draft.drop(title, `one Track event becomes one event: ${known}`);
    }
  }
  const byDefault = createEventNames({}, []);
  const changed = [...mappings].filter(([from, to]) => byDefault(from).meta !== to);
  if (changed.length > 0)
    draft.carry('eventMappings', Object.fromEntries(changed), 'subscriptions');
  const sendsAll = subscriptions.some(({ everyTrack, event }) => everyTrack && event === null);
  if (sendsAll || mappings.size === 0) return;
  if (draft.get('sendPageViews') === true) {
    draft.drop(
      'subscriptions',
      'other Track events are sent too, because page calls have no name to select by',
    );
  } else
    draft.carry(
      'events',
      { where: { event: [...mappings.keys()] } },
      'triggers of the subscriptions',
    );
}

/** Settings that all subscriptions agree on; the mappings of single fields are not carried over. */
function carryFields(draft: PixelDraft, subscriptions: readonly Subscription[]): void {
  for (const [field, key] of Object.entries(PIXEL_FIELDS)) {
    const values = new Set(
      subscriptions.map(({ settings }) => settings[field]).filter((value) => !isEmpty(value)),
    );
    const [value] = values;
    if (values.size === 0) continue;
    if (values.size === 1 && typeof value !== 'object') draft.carry(key, value, field);
    else draft.drop(field, 'differs between subscriptions, or is read from the event');
  }
  for (const { title, settings } of subscriptions) {
    const mapped = Object.keys(settings).filter(
      (field) =>
        PIXEL_FIELDS[field] === undefined && field !== 'event_name' && !isEmpty(settings[field]),
    );
    if (mapped.length > 0)
      draft.drop(title, `fields follow docs/mapping.md instead: ${mapped.join(', ')}`);
  }
}
