import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { readMessage } from '#core/kafka-message.ts';
import { readRecord } from '#core/record.ts';
import type { Redis } from '#queue/connection.ts';
import { readContent } from '#queue/dead-letters.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';

/** The event as it was: the Track event, or its text where it could not be read; or the server event. */
export async function contentOf(
  facts: DeadLetterFacts,
  redis: Redis,
  { redis: { prefix }, sealing }: Configuration,
): Promise<unknown> {
  const bytes = await readContent(redis, prefix, sealerOf(sealing), facts.id);
  if (bytes === null) return null;
  if (facts.holds === 'record') return readRecord(bytes);
  const text = readMessage(bytes).value?.toString('utf8') ?? '';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
