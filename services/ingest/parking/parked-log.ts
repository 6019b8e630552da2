import type { KafkaWork } from '#kafka/fault.ts';
import type { FetchedRecord } from '#kafka/fetch/fetched-record.ts';
import type { KafkaObserver } from '#kafka/observer.ts';
import type { LogReader } from '#kafka/sample/log-reader.ts';
import type { ParkedAt } from '#store/parking/ranges.ts';

interface ParkedLogOptions {
  /** Connected, for the topics that are read. */
  readonly open: () => Promise<Pick<LogReader, 'fetch' | 'close'>>;
  readonly observer: Pick<KafkaObserver, 'logEnds' | 'retentionMs'>;
  /** The id of a topic as the brokers have it now; null where they know none. */
  readonly topicId: (topic: string) => Promise<string | null>;
  readonly kafkaWork: Pick<KafkaWork, 'attempt'>;
  readonly now?: () => number;
}

/** A failure counts this long, in ms: there may soon be nothing to be read again. */
const FAIL_MS = 10_000;

/** How long an answer about a topic holds, in ms. */
const STARTS_MS = 10_000;
const RETENTION_MS = 60_000;

/** What Kafka still has of parked ranges; its connection is opened with the first of them. */
export class ParkedLog {
  private reader: Pick<LogReader, 'fetch' | 'close'> | null = null;
  private readonly starting = new Remembered<ReadonlyMap<number, number>>(STARTS_MS);
  private readonly keeping = new Remembered<number | null>(RETENTION_MS);
  private readonly options: ParkedLogOptions;

  constructor(options: ParkedLogOptions) {
    this.options = options;
  }

  /** Records from an offset on; a failure closes the connection, and the next call opens another. */
  async fetch({ topic, partition }: ParkedAt, from: number): Promise<readonly FetchedRecord[]> {
    try {
      return await this.attempt(async () => {
        this.reader ??= await this.options.open();
        const answer = await this.reader.fetch(topic, new Map([[partition, from]]));
        return answer.get(partition) ?? [];
      });
    } catch (error) {
      // Kafka may have deleted what was asked for.
      this.starting.forget(topic);
      await this.close();
      throw error;
    }
  }

  /** The oldest offset of each partition. */
  starts(topic: string): Promise<ReadonlyMap<number, number>> {
    return this.starting.ask(topic, this.now(), async () => {
      const ends = await this.attempt(() => this.options.observer.logEnds(topic));
      return new Map([...ends].map(([partition, { low }]) => [partition, low]));
    });
  }

  /** For how long Kafka keeps messages, in ms; -1 for ever; null where it does not tell this user. */
  retention(topic: string): Promise<number | null> {
    return this.keeping.ask(topic, this.now(), () =>
      this.options.observer.retentionMs(topic).catch(() => null),
    );
  }

  topicId(topic: string): Promise<string | null> {
    return this.options.topicId(topic);
  }

  async close(): Promise<void> {
    const { reader } = this;
    this.reader = null;
    await reader?.close();
  }

  private attempt<T>(work: () => Promise<T>): Promise<T> {
    return this.options.kafkaWork.attempt('parked', work, { forMs: FAIL_MS });
  }

  private now(): number {
    return (this.options.now ?? (() => performance.now()))();
  }
}

/** Answers by topic, each of which holds for a while. */
class Remembered<T> {
  private readonly answers = new Map<string, { readonly at: number; readonly value: T }>();
  private readonly forMs: number;

  constructor(forMs: number) {
    this.forMs = forMs;
  }

  async ask(topic: string, now: number, question: () => Promise<T>): Promise<T> {
    const known = this.answers.get(topic);
    if (known !== undefined && now - known.at < this.forMs) return known.value;
    const value = await question();
    this.answers.set(topic, { at: now, value });
    return value;
  }

  forget(topic: string): void {
    this.answers.delete(topic);
  }
}
