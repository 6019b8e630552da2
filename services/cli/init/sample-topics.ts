import type { Configuration } from '#config/configuration.ts';
import { PLAIN_JSON } from '#core/event/event-decoder.ts';
import { asObject } from '#core/event/track-event.ts';
import { createKafka } from '#kafka/client.ts';
import { ReadFailure } from '#kafka/sample/read-failure.ts';
import { listTopics } from '#kafka/topics.ts';
import { SampleCounts } from '../check/check-sample.ts';
import { openSample } from '../kafka-sample.ts';
import { didYouMean } from '../known-names.ts';
import type { MappedLine } from '../preview/line-mapper.ts';
import { createMessageMapper } from '../preview/message-mapper.ts';
import { SampleProfile } from './profile.ts';

/** What was read of the topics, or why nothing could be. */
export type TopicSample =
  | { readonly ok: true; readonly profile: SampleProfile; readonly counts: SampleCounts }
  | { readonly ok: false; readonly why: string };

const NEWEST = { topic: null, partition: null, fromOffset: null };
const CLOCK = { now: null, clock: Date.now };

/** Reads the newest messages of the topics, without a consumer group; changes and commits nothing. */
export async function sampleTopics(
  configuration: Configuration,
  count: number,
  timeoutMs: number,
): Promise<TopicSample> {
  try {
    const { messages, close } = await openSample(configuration, { ...NEWEST, count, timeoutMs });
    const [profile, counts] = [new SampleProfile(), new SampleCounts()];
    const mapMessage = createMessageMapper(configuration, CLOCK, PLAIN_JSON, null);
    try {
      for await (const message of messages) {
        const results: MappedLine[] = [...mapMessage(message)];
        profile.add(asObject(results[0]?.event));
        counts.add(message.kafka, results);
      }
    } finally {
      await close();
    }
    return { ok: true, profile, counts };
  } catch (error) {
    if (!(error instanceof ReadFailure)) throw error;
    const meant = error.kind === 'no_topic' ? await meantTopic(configuration) : '';
    return { ok: false, why: error.message + meant };
  }
}

/** The topic that was probably meant; empty where none is near, or the brokers do not tell. */
async function meantTopic({ kafka }: Configuration): Promise<string> {
  const asked = listTopics(createKafka({ ...kafka, retries: 0 }));
  const known: readonly string[] = await asked.catch(() => []);
  const missing = kafka.topics.find((topic) => !known.includes(topic));
  return missing === undefined ? '' : didYouMean(missing, known);
}
