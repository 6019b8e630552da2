import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { isTooLate } from '#core/event/horizon.ts';
import { isDeeperThan, READABLE_LEVELS } from '#core/event/json-text.ts';
import { readMessage } from '#core/event/kafka-message.ts';
import type { Json } from '#core/event/track-event.ts';
import { readRecord } from '#core/record/record.ts';
import { editable, withEvent } from '../edit.ts';
import type { OpenedLetter } from '../read.ts';
import { MARGIN_MS } from '../replay/eligibility.ts';
import { applyRule, type EditRule } from './rule.ts';

/**
 * Why a bulk edit leaves a dead letter as it is:
 *
 * - `same`: it has these values already.
 * - `missing`: a place to copy from has no value.
 * - `blocked`: a place cannot be set, because of what stands on the way, or in it.
 * - `other_form`: the rule names places of a Track event, and it holds a server event; or the other way round.
 * - `too_large`: the event would be larger than allowed.
 * - `expired`: past its horizon, or so near it that it could not be sent.
 * - `unreadable`: it does not open, is not whole, or is no JSON object.
 * - `gone`: it was replayed, purged or edited by someone else meanwhile.
 */
export const LEFT_REASONS = [
  'same',
  'missing',
  'blocked',
  'other_form',
  'too_large',
  'expired',
  'unreadable',
  'gone',
] as const;
export type LeftReason = (typeof LEFT_REASONS)[number];

/** A dead letter with other content, which is not written yet. */
export interface EditedLetter {
  readonly facts: DeadLetterFacts;
  readonly before: Buffer;
  readonly after: Buffer;
  readonly events: readonly [before: Json, after: Json];
}

type LetterResult = EditedLetter | { readonly left: LeftReason; readonly where: string };

/** Applies a rule to dead letters one by one; `now` is Unix ms. */
export function createLetterEditor(rule: EditRule, maxMessageBytes: number) {
  return ({ facts, content }: OpenedLetter, now: number): LetterResult => {
    const { holds } = facts;
    if (isTooLate(facts.horizon, now, MARGIN_MS)) return left('expired');
    if (!Buffer.isBuffer(content) || facts.truncatedFrom !== undefined) return left('unreadable');
    if (holds !== rule.holds) return left('other_form');
    const event = editable(holds, content);
    if (event === null) return left('unreadable');
    const result = applyRule(event, rule);
    if ('left' in result) return result;
    if (holds === 'record' && isDeeperThan(result.event, READABLE_LEVELS)) return left('blocked');
    const after = withEvent(holds, content, result.event);
    if (sizeOf(holds, after) > maxMessageBytes) return left('too_large');
    if (holds === 'record' && !canBeSent(after)) return left('blocked');
    return { facts, before: content, after, events: [event, result.event] };
  };
}

function left(reason: LeftReason): LetterResult {
  return { left: reason, where: '' };
}

/** As ingest counts it: without key and headers. */
function sizeOf(holds: DeadLetterFacts['holds'], content: Buffer): number {
  return holds === 'record' ? content.length : (readMessage(content).value?.length ?? 0);
}

/** Whether a worker could send it: its name stands first, and what it hashes is text. */
function canBeSent(record: Buffer): boolean {
  const { plain, personal } = readRecord(record);
  const isNamed = Object.keys(plain)[0] === 'event_name' && isText(plain['event_name']);
  return isNamed && Object.values(personal).flat().every(isText);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
