import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { eventIdShown, eventNameShown } from '#core/privacy/harmless.ts';
import { withoutValues } from '#core/privacy/message-redaction.ts';

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
