import type { DeadLetterReason } from './dead-letter.ts';

/** What a reason means, and what to do about it. */
interface Advice {
  /** In a few words, for people. */
  readonly title: string;
  readonly todo: string;
  /** What helps those that are dead already. */
  readonly remedy: 'replay' | 'edit' | 'purge';
}

/** What is suggested for each reason. */
const ADVICE: Readonly<Record<DeadLetterReason, Advice>> = {
  invalid_event: {
    title: 'Not a Track event',
    todo: 'Mend what writes such messages into the topic. These cannot become events: purge them once nobody asks for them.',
    remedy: 'purge',
  },
  missing_user_data: {
    title: 'Nothing to match a person by',
    todo: 'Let the source send an e-mail address, a phone number, a user id, or the IP address with the user agent. Those that have died can be edited.',
    remedy: 'edit',
  },
  too_old: {
    title: 'Older than Meta accepts',
    todo: 'Find out what held them up: a source that sends late, or a lane that stood still. These cannot be sent any more: purge them.',
    remedy: 'purge',
  },
  future: {
    title: 'Dated in the future',
    todo: 'Set the clock of the source right. These can be replayed once their time has come.',
    remedy: 'replay',
  },
  name_too_long: {
    title: 'Event name too long',
    todo: 'Give it a shorter name in eventMappings of the pixel, then replay.',
    remedy: 'replay',
  },
  invalid_action_source: {
    title: 'Unknown action source',
    todo: 'Correct properties.action_source at the source. Those that have died can be edited.',
    remedy: 'edit',
  },
  invalid_currency: {
    title: 'Unknown currency',
    todo: 'Correct properties.currency at the source: it is an ISO 4217 code such as EUR. Those that have died can be edited.',
    remedy: 'edit',
  },
  invalid_timestamp: {
    title: 'Time that cannot be read',
    todo: 'Correct timestamp at the source: ISO 8601, such as 2026-11-20T10:00:00Z. Those that have died can be edited.',
    remedy: 'edit',
  },
  missing_value: {
    title: 'Purchase without a value',
    todo: 'Let the source send revenue, value or total, or say in purchaseWithoutValue of the pixel what becomes of such events; then replay.',
    remedy: 'replay',
  },
  missing_website_context: {
    title: 'Website event without its context',
    todo: 'Let the source send context.userAgent and context.page.url, or turn off requireWebsiteContext of the pixel; then replay.',
    remedy: 'replay',
  },
  too_large: {
    title: 'Too large',
    todo: 'Ingest keeps only the first part of such a message, so that it cannot be replayed: its original is in Kafka, at the offset that the dead letter names. Raise ingest.maxMessageBytes (for a whole record batch ingest.maxDecompressedBytes) if such messages are as they should be and have them sent again; else correct the source. Then purge.',
    remedy: 'purge',
  },
  mapping_failed: {
    title: 'The mapping failed',
    todo: 'This is a defect of capi-relay: the message names the place in the code. Report it, upgrade, then replay.',
    remedy: 'replay',
  },
  rejected_by_meta: {
    title: 'Rejected by Meta',
    todo: 'Meta names what is wrong in its message. Mend the mapping or the source, look at one event, then replay.',
    remedy: 'replay',
  },
  out_of_retries: {
    title: 'No answer in all attempts',
    todo: 'See on the overview that the lane of the pixel flows again, then replay.',
    remedy: 'replay',
  },
  crashed_worker: {
    title: 'Ended its workers',
    todo: 'See in the logs of the workers how they ended, upgrade or mend that, replay one of them, then the rest.',
    remedy: 'replay',
  },
};

const UNKNOWN: Advice = {
  title: 'Dead',
  todo: 'This release does not know the reason. Look at one of them.',
  remedy: 'replay',
};

/** The advice for a reason; a newer release may have written one that this one does not know. */
export function adviceForReason(reason: string): Advice {
  return Object.hasOwn(ADVICE, reason) ? ADVICE[reason as DeadLetterReason] : UNKNOWN;
}
