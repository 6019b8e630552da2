import { formatDuration } from '../text/format.ts';
import type { MetaError, Outcome } from './answer.ts';
import { ruleForCode, ruleForStatus } from './rules.ts';

/** Code, subcode or null for any → what to do. The first row that applies decides. */
const TODOS: readonly (readonly [code: number, subcode: number | null, todo: string])[] = [
  [190, null, 'Generate a new access token in Events Manager, and use that.'],
  [102, null, 'Generate a new access token in Events Manager, and use that.'],
  [104, null, 'Give an access token.'],
  [100, 33, 'Correct the pixel ID, or give the token access to this pixel.'],
  [803, null, 'Correct the pixel ID, or give the token access to this pixel.'],
  [368, null, 'Read what Meta asks for in Business Support Home.'],
  [2500, null, 'Correct graphApi.url.'],
  [2635, null, 'Set graphApi.version to a version that Meta serves.'],
];

const PERMISSION_CODES: readonly (readonly [from: number, to: number])[] = [
  [3, 3],
  [10, 10],
  [200, 299],
];

/** Whether a code of Meta says that the token lacks a permission. */
export function isPermissionCode(code: number | null): boolean {
  return code !== null && PERMISSION_CODES.some(([from, to]) => code >= from && code <= to);
}

/**
 * An outcome in words, for who sent a few events and waits for the answer: what happened, a clause as in
 * the tables of codes; and what to do next.
 */
export function explainOutcome(outcome: Outcome) {
  if (outcome.kind === 'delivered') return { meaning: 'Meta accepted it', todo: '' };
  return { meaning: meaningOf(outcome.refusal), todo: todoFor(outcome) };
}

function meaningOf(refusal: MetaError): string {
  if (refusal.status === 0) return refusal.message;
  const rule = ruleForCode(refusal) ?? ruleForStatus(refusal.status);
  return rule?.meaning ?? 'Meta does not document this answer';
}

function todoFor(outcome: Exclude<Outcome, { kind: 'delivered' }>): string {
  switch (outcome.kind) {
    case 'retry':
      return outcome.unknown
        ? 'Meta may have accepted it. Sending it again is safe where it has an event_id.'
        : 'Check graphApi.url and the network, or send it again in a minute.';
    case 'throttled':
      return outcome.waitMs === null
        ? 'Send it again in a few minutes.'
        : `Send it again in ${formatDuration(outcome.waitMs)}.`;
    case 'blocked':
      return todoForBlocked(outcome.refusal);
    case 'rejected':
      return outcome.field === null
        ? 'Correct the event, or the settings of the pixel. capi-relay preview shows what is sent.'
        : `Correct ${outcome.field}. capi-relay preview shows where it comes from.`;
  }
}

function todoForBlocked({ status, code, subcode, message }: MetaError): string {
  if (message.includes('appsecret_proof')) {
    return 'Set appSecret to the secret of the app that the token belongs to.';
  }
  const known = TODOS.find(([of, sub]) => of === code && (sub === null || sub === subcode));
  if (known !== undefined) return known[2];
  return (code === null ? status === 403 : isPermissionCode(code))
    ? "Give the token's system user permission to manage this pixel."
    : 'Check the access token, the pixel ID and graphApi.url.';
}
