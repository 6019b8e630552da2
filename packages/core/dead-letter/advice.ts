import type { DeadLetterReason } from './dead-letter.ts';

/** What a reason means, and what to do about it. */
interface Advice {
  /** A short title for people. */
  readonly title: string;
  readonly todo: string;
  /** What to do with the dead letters themselves. */
  readonly remedy: 'replay' | 'edit' | 'purge';
}

/** Reason → advice. */
const ADVICE: Readonly<Record<DeadLetterReason, Advice>> = {
  invalid_event: {
    title: 'Not a Track event',
    todo: 'Fix the producer that writes such messages to the topic. They cannot become events; purge them.',
    remedy: 'purge',
  },
  missing_user_data: {
    title: 'Too little user data',
    todo: 'Make the source send an e-mail address, a phone number, a user ID, or the IP address with the user agent. These events can be edited.',
    remedy: 'edit',
  },
  too_old: {
    title: 'Too old for Meta',
    todo: 'Find out what delayed them: a source that sends late, or a halted lane. They can no longer be sent; purge them.',
    remedy: 'purge',
  },
  future: {
    title: 'Dated in the future',
    todo: 'Correct the clock of the source. Replay the events once their time has come.',
    remedy: 'replay',
  },
  name_too_long: {
    title: 'Event name too long',
    todo: "Map it to a shorter name in the pixel's eventMappings, then replay.",
    remedy: 'replay',
  },
  invalid_action_source: {
    title: 'Unknown action source',
    todo: 'Correct properties.action_source at the source. These events can be edited.',
    remedy: 'edit',
  },
  invalid_currency: {
    title: 'Unknown currency',
    todo: 'Correct properties.currency at the source: an ISO 4217 code such as EUR. These events can be edited.',
    remedy: 'edit',
  },
  invalid_timestamp: {
    title: 'Invalid timestamp',
    todo: 'Correct timestamp at the source: ISO 8601, such as 2026-11-20T10:00:00Z. These events can be edited.',
    remedy: 'edit',
  },
  missing_value: {
    title: 'Purchase without a value',
    todo: "Make the source send revenue or value, or set the pixel's purchaseWithoutValue to zero; then replay.",
    remedy: 'replay',
  },
  missing_website_context: {
    title: 'Website event without its context',
    todo: "Make the source send context.userAgent and context.page.url, or turn off the pixel's requireWebsiteContext; then replay.",
    remedy: 'replay',
  },
  invalid_messaging_event: {
    title: 'Incomplete event of business messaging',
    todo: "Make the source send what the message names: properties.messaging_channel and the IDs of the chat. A name that Meta does not accept for business messaging can be mapped in the pixel's eventMappings; then replay. Other events can be edited.",
    remedy: 'edit',
  },
  incomplete_append_event: {
    title: 'Appends to an unknown event',
    todo: 'Make the source send what the message names: properties.original_event_data, and what is appended to that event. These events can be edited.',
    remedy: 'edit',
  },
  too_large: {
    title: 'Too large',
    todo: 'Ingest keeps only the first part of such a message, so it cannot be replayed. The original is in Kafka, at the offset in the dead letter. If such messages are valid, raise ingest.maxMessageBytes (for a whole record batch ingest.maxDecompressedBytes) and have the source send them again; otherwise correct the source. Then purge.',
    remedy: 'purge',
  },
  mapping_failed: {
    title: 'The mapping failed',
    todo: 'This is a defect in capi-relay; the message names the place in the code. Report it, upgrade, then replay.',
    remedy: 'replay',
  },
  rejected_by_meta: {
    title: 'Rejected by Meta',
    todo: "Meta's message names the error. Fix the mapping or the source, check one event, then replay.",
    remedy: 'replay',
  },
  out_of_retries: {
    title: 'Out of attempts',
    todo: 'Check on the overview that the lane of the pixel is active again, then replay.',
    remedy: 'replay',
  },
  crashed_worker: {
    title: 'Crashed its workers',
    todo: "Find the cause in the workers' logs, fix it or upgrade, replay one event, then the rest.",
    remedy: 'replay',
  },
};

const UNKNOWN: Advice = {
  title: 'Unknown reason',
  todo: 'This release does not know the reason. Inspect one event.',
  remedy: 'replay',
};

/** The advice for a reason; a newer release may have written one that this one does not know. */
export function adviceForReason(reason: string): Advice {
  const known: Readonly<Record<string, Advice>> = ADVICE;
  return (Object.hasOwn(known, reason) ? known[reason] : undefined) ?? UNKNOWN;
}
