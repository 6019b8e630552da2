import { isDeliveryCategory } from '#core/custom-data/contents.ts';
import { currencyOf } from '#core/custom-data/value.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { READABLE_LEVELS } from '#core/event/json-text.ts';
import { readMessage } from '#core/event/kafka-message.ts';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import {
  eventIdShown,
  eventNameShown,
  isHarmlessNumber,
  isIsoTime,
  isOpaqueId,
  isStandardEvent,
} from '#core/privacy/harmless.ts';
import { withoutValues } from '#core/privacy/message-redaction.ts';
import { holdsEmail } from '#core/privacy/personal-data.ts';
import { readRecord } from '#core/record/record.ts';
import { isoTime } from '#core/text/format.ts';
import { SealError } from '../sealing.ts';
import { parseJson } from '../stored-value.ts';
import type { Difference } from './edit.ts';
import type { OpenedLetter } from './read.ts';

/*
 * What is shown of an event without being asked to reveal it: its structure, and those values whose
 * name says what they are and whose form says that they are nothing else. Everything else is only
 * described, because a list of what is personal is never complete: people write phone numbers into
 * coupons and names into categories.
 */

type Form = (value: unknown) => boolean;

const oneOf =
  (...values: readonly unknown[]): Form =>
  (value) =>
    values.includes(value);

function formsOf(names: string, form: Form): [string, Form][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, form]);
}

const isId: Form = (value) => typeof value === 'string' && isOpaqueId(value);

/** Of a Track event or a server event itself. */
const OF_EVENT: ReadonlyMap<string, Form> = new Map([
  ...formsOf('type', oneOf('track', 'page', 'screen', 'identify', 'group', 'alias')),
  ...formsOf('event event_name', isStandardEvent),
  ...formsOf('messageId event_id', isId),
  ...formsOf('timestamp originalTimestamp sentAt receivedAt event_time', isIsoTime),
  ...formsOf('channel', oneOf('browser', 'server', 'client', 'mobile')),
  ...formsOf('version', isHarmlessNumber),
  ...formsOf('action_source', oneOf(...ACTION_SOURCES)),
  ...formsOf('data_processing_options', oneOf('LDU')),
  ...formsOf('data_processing_options_country data_processing_options_state', isHarmlessNumber),
]);

/** Of what was bought, below `properties` or `custom_data`. */
const OF_GOODS: ReadonlyMap<string, Form> = new Map([
  ...formsOf('currency', (value) => typeof value === 'string' && currencyOf(value) !== null),
  ...formsOf(
    `revenue net_revenue value total subtotal price item_price quantity discount tax shipping position
     num_items predicted_ltv`,
    isHarmlessNumber,
  ),
  ...formsOf('content_type', oneOf('product', 'product_group')),
  ...formsOf('delivery_category', isDeliveryCategory),
  ...formsOf('action_source actionSource', oneOf(...ACTION_SOURCES)),
]);

const GOODS: ReadonlySet<string> = new Set(['properties', 'custom_data']);

/** Replaces parts that are nested too deeply to be read. */
const DEEPER = '…';

/** The same structure, without what may be personal, and without what is nested beyond reading. */
export function mask(value: unknown, path: readonly string[] = [], level = 0): unknown {
  if (typeof value !== 'object' || value === null) return maskValue(value, path);
  if (level >= READABLE_LEVELS) return DEEPER;
  if (Array.isArray(value)) return value.map((each) => mask(each, path, level + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      maskName(name),
      mask(each, [...path, name], level + 1),
    ]),
  );
}

/**
 * A server event, masked. Its time is ours, and shown as a date: as a number it could be a phone
 * number under that name.
 */
export function maskServerEvent(event: Json): unknown {
  const time = isoTime(Number(event['event_time']) * 1000);
  return mask({ ...event, ...(time === null ? {} : { event_time: time }) });
}

function maskValue(value: unknown, path: readonly string[]): unknown {
  if (value === null || typeof value === 'boolean' || value === '') return value;
  if (formAt(path)?.(value) === true) return value;
  return typeof value === 'string' ? `[text of ${value.length}]` : '[number]';
}

/** The form of harmless values at a place; undefined where none is. */
function formAt(path: readonly string[]): Form | undefined {
  const name = path.at(-1) ?? '';
  if (path.length === 1) return OF_EVENT.get(name);
  return GOODS.has(path[0] ?? '') ? OF_GOODS.get(name) : undefined;
}

/** A value at a place of an event as it is edited, masked as elsewhere. */
export function maskAt(
  holds: DeadLetterFacts['holds'],
  path: readonly string[],
  value: unknown,
): unknown {
  // A server event is edited with its parts apart; its clear part is masked like the whole.
  const place = holds === 'record' && path[0] === 'clear' ? path.slice(1) : path;
  return value === undefined ? value : mask(value, place);
}

/** What of an edit may be shown and kept: the places, and values that are masked as elsewhere. */
export function maskedDifferences(
  holds: DeadLetterFacts['holds'],
  differences: readonly Difference[],
): Difference[] {
  return differences.map(({ path, before, after }) => ({
    path: path.map(maskName),
    before: maskAt(holds, path, before),
    after: maskAt(holds, path, after),
  }));
}

/** A place as it may be shown. */
export function maskPlace(path: readonly string[]): string {
  return path.map(maskName).join('.');
}

const PLAIN_NAME = /^[A-Za-z_$][\w$.:-]{0,63}$/;
const MANY_DIGITS = /\d(?:[.:-]?\d){6}/;

/** Some senders put values where names belong. */
function maskName(name: string): string {
  const plain = PLAIN_NAME.test(name) && !holdsEmail(name) && !MANY_DIGITS.test(name);
  return plain || name === '' ? name : `[name of ${name.length}]`;
}

/**
 * Facts as they may be shown, printed and exported. What this release writes is so already; an earlier
 * one kept names, ids and Meta's words as they came.
 */
export function shownFacts(facts: DeadLetterFacts): DeadLetterFacts {
  const { eventName, eventId, refusal } = facts;
  return {
    ...facts,
    eventName: eventName === null ? null : eventNameShown(eventName),
    eventId: eventId === null ? null : eventIdShown(eventId),
    refusal: refusal === null ? null : { ...refusal, message: withoutValues(refusal.message) },
  };
}

/** The event of a dead letter, as far as it can and may be shown. */
export type Content =
  | { readonly content: unknown; readonly masked: boolean }
  /** Why it does not open. */
  | { readonly unreadable: string };

/**
 * The Track event, or its text where it is no JSON; or the server event that was to be sent, its
 * personal values apart. Masked unless it is to be revealed.
 */
export function contentOf({ facts, content }: OpenedLetter, reveal: boolean): Content {
  if (content instanceof SealError) return { unreadable: content.message };
  try {
    if (facts.holds === 'message') {
      const event = readTrackEvent(content);
      return { content: reveal ? event : mask(event), masked: !reveal };
    }
    const { plain, personal } = readRecord(content);
    const event = { ...plain, user_data: { ...asObject(plain['user_data']), ...personal } };
    return { content: reveal ? event : maskServerEvent(event), masked: !reveal };
  } catch {
    return { unreadable: DAMAGED };
  }
}

const DAMAGED = 'its content is not what this release writes: it is damaged';

function readTrackEvent(bytes: Buffer): unknown {
  const text = readMessage(bytes).value?.toString('utf8') ?? null;
  if (text === null) return null;
  const parsed = parseJson(text);
  return parsed === undefined ? text : parsed;
}
