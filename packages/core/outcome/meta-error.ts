import { asObject, type Json } from '../event/track-event.ts';
import { keptWords, MOST_READ, withoutToken } from '../privacy/message-redaction.ts';
import type { GraphAnswer, MetaError } from './answer.ts';

type Answered = GraphAnswer & { readonly kind: 'answered' };

/** Anything else may quote what was sent. */
const TRACE_ID = /^[\w+/=.:-]{1,128}$/;

/** How Meta names the event that it rejects. */
const INDEX = /\$\['data'\]\[(\d{1,9})\]|\bdata\[(\d{1,9})\]/;

/** Meta names a field by its path, or in a sentence: `['fbc']`, "The fbc parameter", "Malformed fbc". */
const PLACE = /\['(\w{1,64})'\](?:\[\d{1,9}\]){0,8}(?!\[)/g;
const WORDS = /\b(?:The|Malformed) (\w{1,64}) [Pp]arameter\b/;

/** Meta's error envelope, when the body is one: `{"error": {"code", "message", …}}`. */
export interface ErrorEnvelope {
  readonly code: number | null;
  readonly subcode: number | null;
  readonly transient: boolean;
  readonly message: string;
  readonly traceId: string | null;
}

/** The body as a JSON object; null for HTML, truncated, empty and other answers. */
export function readObject(body: string): Json | null {
  try {
    return asObject(JSON.parse(body));
  } catch {
    return null;
  }
}

export function readErrorEnvelope(body: Json | null): ErrorEnvelope | null {
  const fields = asObject(body?.['error']);
  if (fields === null) return null;
  const words = [fields['message'], fields['error_user_title'], fields['error_user_msg']];
  return {
    code: integer(fields['code']),
    subcode: integer(fields['error_subcode']),
    transient: fields['is_transient'] === true,
    message: words.filter((word) => typeof word === 'string' && word !== '').join(' '),
    traceId: text(fields['fbtrace_id']),
  };
}

/** Meta's message about a rejected request, as far as it is read. */
export function wordsOf(answer: Answered, error: ErrorEnvelope | null): string {
  const words = error?.message || `HTTP ${answer.status} without Meta's error envelope`;
  return words.slice(0, MOST_READ);
}

/**
 * What is kept of an error. Meta may quote what it was sent, so personal values and the token are
 * removed, after the message has been read for the event and the field that it names.
 */
export function metaErrorOf(
  answer: Answered,
  error: ErrorEnvelope | null,
  token: string,
): MetaError {
  const named = INDEX.exec(wordsOf(answer, error));
  return {
    status: answer.status,
    code: error?.code ?? null,
    subcode: error?.subcode ?? null,
    message: keptWords(error?.message || wordsOf(answer, error), token),
    traceId: traceIdOf(answer, error?.traceId, token),
    index: named === null ? null : Number(named[1] ?? named[2]),
  };
}

const MOST_MESSAGES = 20;

/**
 * What Meta says of a request that it accepted: the id by which its support finds the request, and what it
 * remarks on the events, without personal values; empty as a rule.
 */
export function acceptanceOf(answer: GraphAnswer, token: string) {
  if (answer.kind === 'unanswered') return { traceId: null, messages: [] };
  const body = readObject(answer.body);
  const messages = Array.isArray(body?.['messages']) ? body['messages'] : [];
  return {
    traceId: traceIdOf(answer, body?.['fbtrace_id'], token),
    messages: messages
      .filter((each) => typeof each === 'string')
      .slice(0, MOST_MESSAGES)
      .map((each) => keptWords(each, token)),
  };
}

function traceIdOf(answer: Answered, inBody: unknown, token: string): string | null {
  const traceId = text(inBody) ?? text(answer.headers['x-fb-trace-id']);
  const kept = traceId === null ? '' : withoutToken(traceId, token);
  return TRACE_ID.test(kept) ? kept : null;
}

/** The field that Meta's message names as wrong; null when it names none. */
export function fieldNamed(words: string): string | null {
  const names = [...words.matchAll(PLACE)]
    .map(([, name]) => name)
    .filter((name) => name !== 'data');
  return names.at(-1) ?? WORDS.exec(words)?.[1] ?? null;
}

function integer(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
