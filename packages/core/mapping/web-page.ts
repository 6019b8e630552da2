import type { Json } from '../event/track-event.ts';
import { type Draft, warn } from './draft.ts';
import { isAbsent, textOf } from './scalars.ts';
import { isWebAddress, withoutPersonalData } from './url.ts';

/**
 * The address of the page where it happened. Page calls name it among their properties too.
 * Source: Segment, `context.page.url`.
 */
export function sourceUrlOf(draft: Draft): string | undefined {
  const { page, properties } = draft.event;
  if (!isAbsent(page['url']) || draft.segmentName !== '') {
    return addressOf(draft, 'event_source_url', page, 'url', 'context.page.url');
  }
  return addressOf(draft, 'event_source_url', properties, 'url', 'properties.url');
}

/** Where the person came from. Source: Meta, server event parameters, `referrer_url`. */
export function referrerUrlOf(draft: Draft): string | undefined {
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
  const text = typeof value === 'string' ? textOf(value) : null;
  if (text === null || !isWebAddress(text)) {
    warn(draft, 'invalid_url', path);
    return undefined;
  }
  const clean = withoutPersonalData(text);
  if (clean !== text) warn(draft, 'personal_data_removed', path);
  draft.trace?.(field, path);
  return clean;
}
