import { readMessage } from '#core/event/kafka-message.ts';
import type { Json } from '#core/event/track-event.ts';
import { readRecord } from '#core/record/record.ts';
import { SealError } from '../sealing.ts';
import type { OpenedLetter } from './dead-letters.ts';
import { mask, maskServerEvent } from './masking.ts';

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
    if (facts.holds === 'record') {
      const event = readServerEvent(content);
      return { content: reveal ? event : maskServerEvent(event), masked: !reveal };
    }
    const event = readTrackEvent(content);
    return { content: reveal ? event : mask(event), masked: !reveal };
  } catch {
    return { unreadable: DAMAGED };
  }
}

const DAMAGED = 'its content is not what this release writes: it is damaged';

function readServerEvent(bytes: Buffer): Json {
  const { clear, personal } = readRecord(bytes);
  return { ...clear, user_data: { ...clear.user_data, ...personal } };
}

function readTrackEvent(bytes: Buffer): unknown {
  const text = readMessage(bytes).value?.toString('utf8') ?? null;
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
