import type { PixelSettings } from '../event/pixel-settings.ts';
import type { PlainEvent } from '../event/server-event.ts';
import type { Json } from '../event/track-event.ts';
import { fieldReader, pathsOf, type ReadValue, sourcesOf } from '../fields/field-reader.ts';
import { isPlaceholder } from '../normalise/normaliser.ts';
import { hashPersonal } from '../privacy/hash.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { isWebAddress, withoutPersonalData } from '../privacy/url.ts';
import { createAppData } from './app-data.ts';
import { type Draft, warn } from './draft.ts';
import {
  createLimitedDataUse,
  LIMITED_DATA_USE_PATH,
  type LimitedDataUseChoice,
} from './limited-data-use.ts';
import { isAbsent, switchOf, textOf } from './scalars.ts';

type OptionalFields = Partial<Omit<PlainEvent, 'user_data'>>;

/**
 * Writes the plain part of a server event, from a draft with user and custom data. Null for a website
 * event without the context that the pixel requires.
 */
export function createPlainFields(
  settings: PixelSettings,
): (draft: Draft, options: Json | null) => PlainEvent | null {
  const limitedDataUse = createLimitedDataUse(settings);
  const eventIdOf = createEventId(settings.fields);
  const appDataOf = createAppData(settings.fields);
  const sourceUrlOf = createUrl(settings.fields, 'event_source_url', usualSourceUrl);
  const referrerUrlOf = createUrl(settings.fields, 'referrer_url', usualReferrerUrl);
  const optOutOf = fieldReader(settings.fields, 'opt_out', readOptOut) ?? usualOptOut;
  const addAddresses = createAddresses(sourceUrlOf, referrerUrlOf);

  return (draft, options) => {
    const plain: OptionalFields & Pick<PlainEvent, 'event_name' | 'event_time' | 'action_source'> =
      {
        event_name: draft.eventName,
        event_time: Math.floor(draft.timeMs / 1000),
        action_source: draft.actionSource,
      };
    const id = eventIdOf(draft);
    if (id !== undefined) plain.event_id = id;
    const isComplete = addAddresses(plain, draft);
    if (!isComplete && settings.requireWebsiteContext) return null;
    const optOut = optOutOf(draft) ?? null;
    if (optOut !== null) plain.opt_out = optOut;

    addLimitedDataUse(plain, draft, limitedDataUse(options, draft));
    if (draft.serverFields !== null) Object.assign(plain, draft.serverFields);
    const appData = appDataOf(draft);
    if (appData !== undefined) plain.app_data = appData;
    if (hasAny(draft.custom)) plain.custom_data = draft.custom;
    (plain as PlainEvent).user_data = draft.user;
    return plain as PlainEvent;
  };
}

/**
 * A placeholder such as `undefined` is dropped: it would make all such events duplicates of each other.
 * Source: Segment, `messageId`; Meta, deduplication.
 */
function createEventId(fields: PixelSettings['fields']): (draft: Draft) => string | undefined {
  const own = fieldReader(fields, 'event_id', readEventId);
  if (own === null) return usualEventId;
  const paths = pathsOf(sourcesOf(fields, 'event_id') ?? []) || 'fields.event_id';
  return (draft) => {
    const id = own(draft) ?? undefined;
    if (id === undefined) warn(draft, 'missing_event_id', paths);
    return id;
  };
}

function usualEventId(draft: Draft): string | undefined {
  const id = textOf(draft.event.whole['messageId']);
  if (id === null || isPlaceholder(id)) {
    warn(draft, 'missing_event_id', 'messageId');
    return undefined;
  }
  draft.trace?.('event_id', 'messageId');
  return sendableId(draft, id, 'messageId');
}

const readEventId: ReadValue<Draft, string> = (draft, value, path) => {
  const id = textOf(value);
  if (id !== null && !isPlaceholder(id)) return sendableId(draft, id, path);
  warn(draft, id === null ? 'invalid_property' : 'placeholder_value', path);
  return undefined;
};

/** An ID that contains an e-mail address is hashed, so that it still identifies duplicates. */
function sendableId(draft: Draft, id: string, path: string): string {
  if (!holdsEmail(id)) return id;
  warn(draft, 'personal_data_removed', path);
  return hashPersonal(id);
}

type ReadUrl = (draft: Draft) => string | undefined;

/** False when a website event lacks what Meta requires. Source: Segment, "Server event parameters". */
function createAddresses(
  sourceUrlOf: ReadUrl,
  referrerUrlOf: ReadUrl,
): (plain: OptionalFields, draft: Draft) => boolean {
  return (plain, draft) => {
    // No page is part of a chat.
    if (plain.action_source === 'business_messaging') return true;
    const source = sourceUrlOf(draft);
    if (source !== undefined) plain.event_source_url = source;
    const referrer = referrerUrlOf(draft);
    if (referrer !== undefined) plain.referrer_url = referrer;
    if (plain.action_source !== 'website') return true;
    const hasAgent = draft.user['client_user_agent'] !== undefined;
    if (!hasAgent) warn(draft, 'missing_user_agent', 'context.userAgent');
    if (source === undefined) warn(draft, 'missing_source_url', 'context.page.url');
    return hasAgent && source !== undefined;
  };
}

/** Source: Meta, server event parameters, `opt_out`. */
function usualOptOut(draft: Draft): boolean | undefined {
  const { opt_out: snake, optOut: camel } = draft.event.properties;
  const value = isAbsent(snake) ? camel : snake;
  if (isAbsent(value)) return undefined;
  const optOut = readOptOut(draft, value, 'properties.opt_out');
  if (optOut !== undefined) draft.trace?.('opt_out', 'properties.opt_out');
  return optOut;
}

function readOptOut(draft: Draft, value: unknown, path: string): boolean | undefined {
  const optOut = switchOf(value);
  if (optOut === null) warn(draft, 'invalid_opt_out', path);
  return optOut ?? undefined;
}

/** Source: Segment, "Data Processing Initialization Parameters". */
function addLimitedDataUse(
  plain: OptionalFields,
  draft: Draft,
  { use, origin, readable }: LimitedDataUseChoice,
): void {
  if (!readable) warn(draft, 'invalid_data_processing_options', LIMITED_DATA_USE_PATH);
  if (use === null) return;
  plain.data_processing_options = use.options;
  plain.data_processing_options_country = use.country;
  plain.data_processing_options_state = use.state;
  draft.trace?.('data_processing_options', origin);
  const isGeolocated = use.options.length > 0 && use.country === 0;
  if (isGeolocated && draft.user['client_ip_address'] === undefined) {
    warn(draft, 'limited_data_use_without_ip', 'context.ip');
  }
}

function hasAny(object: Readonly<Record<string, unknown>>): boolean {
  for (const _ in object) return true;
  return false;
}

function createUrl(fields: PixelSettings['fields'], name: string, usual: ReadUrl): ReadUrl {
  const own = fieldReader(fields, name, readUrl);
  return own === null ? usual : (draft) => own(draft) ?? undefined;
}

/**
 * The URL of the page where the event happened. Page calls may have it in their properties.
 * Source: Segment, `context.page.url`.
 */
function usualSourceUrl(draft: Draft): string | undefined {
  const { page, properties } = draft.event;
  if (!isAbsent(page['url']) || draft.segmentName !== '') {
    return addressOf(draft, 'event_source_url', page, 'url', 'context.page.url');
  }
  return addressOf(draft, 'event_source_url', properties, 'url', 'properties.url');
}

/** The page from which the person came. Source: Meta, server event parameters, `referrer_url`. */
function usualReferrerUrl(draft: Draft): string | undefined {
  const { page, properties } = draft.event;
  return isAbsent(properties['referrer_url'])
    ? addressOf(draft, 'referrer_url', page, 'referrer', 'context.page.referrer')
    : addressOf(draft, 'referrer_url', properties, 'referrer_url', 'properties.referrer_url');
}

function addressOf(
  draft: Draft,
  field: string,
  object: Json,
  key: string,
  path: string,
): string | undefined {
  const value = object[key];
  if (isAbsent(value)) return undefined;
  const url = readUrl(draft, value, path);
  if (url !== undefined) draft.trace?.(field, path);
  return url;
}

function readUrl(draft: Draft, value: unknown, path: string): string | undefined {
  const text = typeof value === 'string' ? textOf(value) : null;
  if (text === null || !isWebAddress(text)) {
    warn(draft, 'invalid_url', path);
    return undefined;
  }
  const clean = withoutPersonalData(text);
  if (clean !== text) warn(draft, 'personal_data_removed', path);
  return clean;
}
