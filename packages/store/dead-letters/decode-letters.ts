import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import {
  type KafkaMessage,
  readMessage,
  withDecoded,
  writeMessage,
} from '#core/event/kafka-message.ts';

interface Opened {
  readonly facts: DeadLetterFacts;
  /** Anything else where it does not open. */
  readonly content: unknown;
}

/** What a message may become: more than ingest takes, which a replay finds out. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * The same dead letters; a message that does decode by now has its JSON, as those have that decoded when
 * they died. Others stay as they are, also while the registry does not answer.
 */
export async function decodeLetters<T extends Opened>(
  letters: readonly T[],
  decoder: EventDecoder,
): Promise<T[]> {
  const encoded = letters.map(encodedMessage);
  const byTopic = Map.groupBy(letters.keys(), (at) => letters[at]?.facts.kafka.topic ?? '');
  for (const [topic, places] of byTopic) {
    const messages = places.flatMap((at) => encoded[at] ?? []);
    const missing = decoder.missing(messages, topic);
    if (missing.size > 0) await decoder.load(missing).catch(() => {});
  }
  return letters.map((letter, at) => {
    const message = encoded[at] ?? null;
    return message === null ? letter : decoded(letter, message, decoder);
  });
}

function encodedMessage({ facts, content }: Opened): KafkaMessage | null {
  if (!isEncoded(facts) || !Buffer.isBuffer(content)) return null;
  try {
    const message = readMessage(content);
    return message.encoded === undefined ? message : null;
  } catch {
    return null;
  }
}

function isEncoded({ schema, holds, truncatedFrom }: DeadLetterFacts): boolean {
  return schema !== undefined && holds === 'message' && truncatedFrom === undefined;
}

function decoded<T extends Opened>(letter: T, message: KafkaMessage, decoder: EventDecoder): T {
  const parsed = decoder.decode(message, letter.facts.kafka.topic, MOST_BYTES);
  if (!('event' in parsed)) return letter;
  const content = writeMessage(withDecoded(message, parsed.event, MOST_BYTES));
  return { ...letter, content };
}
