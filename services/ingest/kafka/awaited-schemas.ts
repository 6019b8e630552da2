import { setTimeout as sleep } from 'node:timers/promises';
import type { EncodedMessage, EventDecoder } from '#core/event/event-decoder.ts';
import type { SchemaKey } from '#core/event/track-event.ts';
import type { RetriedWork } from '#core/retried-work.ts';
import type { KafkaRecord } from '#kafka/client.ts';
import type { IngestMetrics } from '../metrics.ts';
import type { FetchGate } from './fetch-gate.ts';

export interface AwaitedSchemasDeps {
  readonly decoder: Pick<EventDecoder, 'missing' | 'load'>;
  /** Notes what fails, and that it does no longer. */
  readonly registryWork: Pick<RetriedWork<string>, 'attempt' | 'succeeded'>;
  readonly gate: Pick<FetchGate, 'wait'>;
  readonly metrics: Pick<IngestMetrics, 'ingestWaiting'>;
}

interface Waiting {
  readonly topic: string;
  readonly partition: number;
  readonly keys: ReadonlySet<SchemaKey>;
}

/**
 * How long a batch waits for its schemas, in ms. Longer, and its partition is paused instead: a batch that
 * waits keeps all others of its broker waiting.
 */
const PATIENCE_MS = 1000;

/** Between two tries, in ms. */
const AGAIN_MS = 1000;

/** Partitions that are not read until the registry gives the schemas of their messages. */
export class AwaitedSchemas {
  private waiting = new Map<string, Waiting>();
  private retrying: NodeJS.Timeout | null = null;
  private readonly deps: AwaitedSchemasDeps;
  private readonly topics: readonly string[];

  constructor(topics: readonly string[], deps: AwaitedSchemasDeps) {
    this.topics = topics;
    this.deps = deps;
    this.count();
  }

  /**
   * Loads the schemas that messages need. False when the registry does not give them for now: the
   * partition is paused until it does, and what was not read is fetched again.
   */
  readonly load = async (
    topic: string,
    partition: number,
    messages: readonly KafkaRecord[],
  ): Promise<boolean> => {
    const keys = this.deps.decoder.missing(encodedIn(messages), topic);
    const wanted = { topic, partition, keys };
    // While others wait, no batch does: the registry is known not to answer.
    if (this.waiting.size === 0) {
      const patience = sleep(PATIENCE_MS, false, { ref: false });
      if (await Promise.race([this.attempt(wanted), patience])) return true;
    }
    this.waiting.set(nameOf(wanted), wanted);
    this.apply();
    return false;
  };

  /** The group has assigned partitions again: those that wait may be another member's now. */
  reassign(): void {
    if (this.waiting.size === 0) return;
    for (const each of this.waiting.values())
      this.deps.registryWork.succeeded('load', nameOf(each));
    this.waiting = new Map();
    this.apply();
  }

  stop(): void {
    if (this.retrying !== null) clearTimeout(this.retrying);
    this.retrying = null;
  }

  private apply(): void {
    this.deps.gate.wait([...this.waiting.values()]);
    this.count();
    if (this.waiting.size === 0) this.stop();
    else this.retrying ??= setTimeout(() => void this.retry(), AGAIN_MS);
  }

  private count(): void {
    const all = [...this.waiting.values()];
    for (const topic of this.topics) {
      const count = all.filter((each) => each.topic === topic).length;
      this.deps.metrics.ingestWaiting.set({ topic }, count);
    }
  }

  private async retry(): Promise<void> {
    const { retrying } = this;
    // Each by itself: a schema that is refused must not stop others.
    await Promise.all(
      [...this.waiting.values()].map(async (each) => {
        const name = nameOf(each);
        if ((await this.attempt(each)) && this.waiting.get(name) === each)
          this.waiting.delete(name);
      }),
    );
    // Stopped meanwhile.
    if (this.retrying !== retrying) return;
    this.retrying = null;
    this.apply();
  }

  private async attempt(wanted: Waiting): Promise<boolean> {
    const { registryWork, decoder } = this.deps;
    const note = { of: nameOf(wanted) };
    try {
      await registryWork.attempt('load', () => decoder.load(wanted.keys), note);
      return true;
    } catch {
      // The failure is noted, and they are asked for again.
      return false;
    }
  }
}

function nameOf({ topic, partition }: Waiting): string {
  return `${topic}/${partition}`;
}

function* encodedIn(messages: readonly KafkaRecord[]): Generator<EncodedMessage> {
  for (const { value, headers = {}, gap } of messages)
    if (gap === undefined) yield { value, headers };
}
