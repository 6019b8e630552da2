import type { DeadLetterReason } from './dead-letter.ts';

/** What a reason means, and what to do about it. */
interface Advice {
  /** A short title for people. */
  readonly title: string;
  readonly todo: string;
  /** What to do with the dead letters themselves. */
  readonly remedy: 'replay' | 'edit' | 'purge';
}

function advising(remedy: Advice['remedy']) {
  return (title: string, todo: string): Advice => ({ title, todo, remedy });
}

const [replay, edit, purge] = [advising('replay'), advising('edit'), advising('purge')];

/** Reason → advice. */
const ADVICE: Readonly<Record<DeadLetterReason, Advice>> = {
  invalid_event: purge(
    'Not a Track event',
    'Fix the producer that writes such messages to the topic. They cannot become events; purge them.',
  ),
  undecodable: replay(
    'Does not decode',
    'The message names the schema, and why its value does not decode with it. If the schema is not in the registry, register it again or correct schemaRegistry.urls, then replay; otherwise correct the producer, and purge.',
  ),
  missing_user_data: edit(
    'Too little user data',
    'Make the source send an e-mail address, a phone number, a user ID, or the IP address with the user agent. These events can be edited.',
  ),
  too_old: purge(
    'Too old for Meta',
    'Find out what delayed them: a source that sends late, or a halted lane. They can no longer be sent; purge them.',
  ),
  future: replay(
    'Dated in the future',
    'Correct the clock of the source. Replay the events once their time has come.',
  ),
  name_too_long: replay(
    'Event name too long',
    "Map it to a shorter name in the pixel's eventMappings, then replay.",
  ),
  invalid_action_source: edit(
    'Unknown action source',
    'Correct properties.action_source at the source. These events can be edited.',
  ),
  invalid_currency: edit(
    'Unknown currency',
    'Correct properties.currency at the source: an ISO 4217 code such as EUR. These events can be edited.',
  ),
  invalid_timestamp: edit(
    'Invalid timestamp',
    'Correct timestamp at the source: ISO 8601, such as 2026-11-20T10:00:00Z. These events can be edited.',
  ),
  missing_value: replay(
    'Purchase without a value',
    "Make the source send revenue or value, set the pixel's purchaseWithoutValue to zero, or copy the value from another property with a bulk edit; then replay.",
  ),
  missing_website_context: replay(
    'Website event without its context',
    "Make the source send context.userAgent and context.page.url, or turn off the pixel's requireWebsiteContext; then replay.",
  ),
  invalid_messaging_event: edit(
    'Incomplete event of business messaging',
    "Make the source send what the message names: properties.messaging_channel and the IDs of the chat. A name that Meta does not accept for business messaging can be mapped in the pixel's eventMappings; then replay. Other events can be edited.",
  ),
  incomplete_append_event: edit(
    'Appends to an unknown event',
    'Make the source send what the message names: properties.original_event_data, and what is appended to that event. These events can be edited.',
  ),
  too_large: purge(
    'Too large',
    'Ingest keeps only the first part of such a message, so it cannot be replayed. The original is in Kafka, at the offset in the dead letter. If such messages are valid, raise ingest.maxMessageBytes (for a whole record batch ingest.maxDecompressedBytes) and have the source send them again; otherwise correct the source. Then purge.',
  ),
  mapping_failed: replay(
    'The mapping failed',
    'This is a defect in capi-relay; the message names the place in the code. Report it, upgrade, then replay.',
  ),
  rejected_by_meta: replay(
    'Rejected by Meta',
    "Meta's message names the error. Fix the mapping or the source, check one event, then replay.",
  ),
  out_of_retries: replay(
    'Out of attempts',
    'Check on the overview that the lane of the pixel is active again, then replay.',
  ),
  crashed_worker: replay(
    'Crashed its workers',
    "Find the cause in the workers' logs, fix it or upgrade, replay one event, then the rest.",
  ),
};

const UNKNOWN = replay(
  'Unknown reason',
  'This release does not know the reason. Inspect one event.',
);

/** The advice for a reason; a newer release may have written one that this one does not know. */
export function adviceForReason(reason: string): Advice {
  const known: Readonly<Record<string, Advice>> = ADVICE;
  return (Object.hasOwn(known, reason) ? known[reason] : undefined) ?? UNKNOWN;
}
