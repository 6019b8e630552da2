import { asObject, type Json } from '#core/event/track-event.ts';
import { createEventNames } from '#core/mapping/event-name.ts';
import { filled, isEmpty, PixelDraft } from './import-result.ts';
import { carryId, titleOf, WHY_DROPPED } from './segment-destination.ts';
import { readTrigger, type TriggerResult } from './trigger.ts';

/*
 * Facebook Conversions API (Actions): its subscriptions (GET /destinations/{id}/subscriptions).
 * Sources: https://github.com/segmentio/public-api-sdk-typescript, model/destinationSubscription.ts;
 * https://github.com/segmentio/action-destinations/tree/main/packages/destination-actions/src/destinations/facebook-conversions-api.
 */

/** Action of the destination → Meta's event; the ones that end in 2 are its later versions. */
const ACTION_EVENTS: ReadonlyMap<string, string> = new Map([
  ['purchase', 'Purchase'],
  ['initiateCheckout', 'InitiateCheckout'],
  ['addToCart', 'AddToCart'],
  ['viewContent', 'ViewContent'],
  ['search', 'Search'],
  ['pageView', 'PageView'],
]);

/** Fields of an action whose values become settings of the pixel. */
const PIXEL_FIELDS: ReadonlyMap<string, string> = new Map([
  ['action_source', 'defaultActionSource'],
  ['data_processing_options', 'useLimitedDataUse'],
  ['data_processing_options_country', 'dataProcessingOptionsCountry'],
  ['data_processing_options_state', 'dataProcessingOptionsState'],
]);

/** A subscription that becomes mappings of events. */
interface Subscription extends TriggerResult {
  readonly title: string;
  /** Meta's event; null for the name of the Track event. */
  readonly event: string | null;
  readonly settings: Json;
}

/** The actions of a destination decide which events it sends: only those that a subscription names. */
export function importActions(destination: Json, subscriptions: readonly Json[]): PixelDraft {
  const draft = new PixelDraft(titleOf(destination), filled(destination['name']));
  const { pixelId, testEventCode, ...others } = asObject(destination['settings']) ?? {};
  carryId(draft, pixelId);
  draft.carry('testEventCode', filled(testEventCode), 'testEventCode');
  draft.dropRest(others, WHY_DROPPED);
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
  const event = action === 'custom' ? nameOf(settings['event_name']) : ACTION_EVENTS.get(action);
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
  draft.carry('eventMappings', Object.fromEntries(changed), 'subscriptions');
  const sendsAll = subscriptions.some(({ everyTrack, event }) => everyTrack && event === null);
  if (sendsAll || mappings.size === 0) return;
  const names = [...mappings.keys()];
  const pages = { path: 'type', in: ['page', 'screen'] };
  const events =
    draft.get('sendPageViews') === true
      ? { allow: { any: [pages, { path: 'event', in: names }] } }
      : { where: { event: names } };
  draft.carry('events', events, 'triggers of the subscriptions');
}

/** Settings that all subscriptions agree on; the mappings of single fields are not carried over. */
function carryFields(draft: PixelDraft, subscriptions: readonly Subscription[]): void {
  for (const [field, key] of PIXEL_FIELDS) {
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
      (field) => !PIXEL_FIELDS.has(field) && field !== 'event_name' && !isEmpty(settings[field]),
    );
    if (mapped.length > 0)
      draft.drop(
        title,
        `its fields follow docs/mapping.md; the setting fields changes single ones: ${mapped.join(', ')}`,
      );
  }
}
