import type { Configuration } from '#config/configuration.ts';
import { ExpectedError } from '#config/errors.ts';
import type { EventDecoder } from '#core/event/event-decoder.ts';
import { plural } from '#core/text/format.ts';
import { ReadFailure } from '#kafka/sample/read-failure.ts';
import { RegistryFailure } from '#registry/registry-failure.ts';
import { loadSchema, openSample, type SampleRequest } from '../kafka-sample.ts';
import { print } from '../output/print.ts';
import type { MessagePreview } from './previews.ts';

/**
 * Answers messages of Kafka, one after the other. What it says of the search goes to standard error, so
 * that standard output holds the answers alone.
 * @throws ExpectedError when Kafka or the schema registry does not answer, or refuses
 */
export async function answerMessages(
  { configuration, decoder }: { configuration: Configuration; decoder: EventDecoder },
  request: SampleRequest,
  preview: MessagePreview,
): Promise<void> {
  try {
    const sample = await openSample(configuration, request);
    let count = 0;
    try {
      for await (const message of sample.messages) {
        count += 1;
        await loadSchema(decoder, message);
        await print(preview(message));
      }
    } finally {
      await sample.close();
    }
    const note = noteOf(count, sample.complete, configuration.kafka.topics, request);
    if (note !== null) process.stderr.write(note);
  } catch (error) {
    const isExpected = error instanceof ReadFailure || error instanceof RegistryFailure;
    throw isExpected ? new ExpectedError(error.message, { cause: error }) : error;
  }
}

/** Null where as many messages were found as were asked for. */
function noteOf(
  found: number,
  complete: boolean,
  topics: readonly string[],
  { count, topic, partition, fromOffset, timeoutMs }: SampleRequest,
): string | null {
  if (found >= count && complete) return null;
  const where = topic ?? topics.join(', ');
  const place = partition === null ? where : `partition ${partition} of ${where}`;
  if (!complete) {
    return `note: the search in ${place} ended after ${timeoutMs / 1000} s, with ${plural(found, 'message')} of ${count}; --timeout gives it longer\n`;
  }
  const behind = fromOffset === null ? '' : ` from offset ${fromOffset} on`;
  if (found === 0) return `note: ${place} holds no message that can be read${behind}\n`;
  return `note: ${place} holds no more than ${plural(found, 'message')}${behind}\n`;
}
