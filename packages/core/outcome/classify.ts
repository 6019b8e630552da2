import type { Json } from '../event/track-event.ts';
import type { GraphAnswer, MetaError, Outcome } from './answer.ts';
import {
  type ErrorEnvelope,
  fieldNamed,
  metaErrorOf,
  readErrorEnvelope,
  readObject,
  wordsOf,
} from './meta-error.ts';
import { waitAsked } from './rate-headers.ts';
import type { Consequence } from './rules.ts';
import { ruleForCode, ruleForStatus } from './rules.ts';

type Answered = GraphAnswer & { readonly kind: 'answered' };

/**
 * Meta's answer → outcome. Every answer has one: what cannot be understood is retried when the network
 * may be the cause, and rejected when the request is.
 *
 * @param now Unix ms, for `retry-after` dates
 * @param token the access token of the request, removed from everything that is kept of the answer; the
 *   answer is classified before that, because a token may be a word that occurs in every answer
 */
export function classify(answer: GraphAnswer, now: number, token: string): Outcome {
  if (answer.kind === 'unanswered') return unanswered(answer);
  const body = readObject(answer.body);
  const error = readErrorEnvelope(body);
  if (answer.status >= 200 && answer.status < 300 && error === null)
    return success(answer, body, token);
  return refused(answer, error, now, token);
}

function unanswered(answer: GraphAnswer & { readonly kind: 'unanswered' }): Outcome {
  const refusal: MetaError = {
    status: 0,
    code: null,
    subcode: null,
    message: `no answer: ${answer.cause} (${answer.code})`,
    traceId: null,
    index: null,
  };
  return { kind: 'retry', unknown: answer.sent, refusal };
}

/** A success states how many events were received; any other 2xx answer is not from Meta. */
function success(answer: Answered, body: Json | null, token: string): Outcome {
  const received = body?.['events_received'];
  if (typeof received !== 'number') {
    return { kind: 'retry', unknown: true, refusal: metaErrorOf(answer, null, token) };
  }
  const messages = body?.['messages'];
  return { kind: 'delivered', received, warnings: Array.isArray(messages) ? messages.length : 0 };
}

function refused(
  answer: Answered,
  error: ErrorEnvelope | null,
  now: number,
  token: string,
): Outcome {
  const refusal = metaErrorOf(answer, error, token);
  const consequence = consequenceOf(answer.status, error);
  switch (consequence) {
    case 'retry':
      return { kind: 'retry', unknown: error === null, refusal };
    case 'throttled':
      return { kind: 'throttled', waitMs: waitAsked(answer.headers, now), refusal };
    case 'blocked':
      return { kind: 'blocked', refusal };
    case 'tooLarge':
      return { kind: 'rejected', refusal, tooLarge: true, field: null };
    case 'rejected': {
      const field = fieldNamed(wordsOf(answer, error));
      return { kind: 'rejected', refusal, tooLarge: false, field };
    }
  }
}

function consequenceOf(status: number, error: ErrorEnvelope | null): Consequence {
  const byCode = error === null ? undefined : ruleForCode(error)?.consequence;
  // Meta marks rate limits transient too, but they cost no attempt.
  if (error?.transient === true && byCode !== 'throttled') return 'retry';
  return byCode ?? ruleForStatus(status)?.consequence ?? 'retry';
}
