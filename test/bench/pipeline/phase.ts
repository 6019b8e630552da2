import type { GeneratedMessage } from '#cli/produce/generator.ts';
import type { RelayProcess, relayCommand } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServices } from '#local/services.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';

/** Asking a process for its metrics costs it time; this is often enough for the end of a phase. */
const PATIENCE = { everyMs: 250 };
const SEND_AT_ONCE = 2000;

/** Where everything runs, and which version of the code. */
export interface Place {
  readonly services: LocalServices;
  readonly sink: RelayProcess;
  /** How to run ingest and worker; without it, from the sources of this checkout. */
  readonly runs?: typeof relayCommand;
}

/** A topic, a prefix, and one process of each kind that are new. */
export interface Phase {
  readonly fleet: Fleet;
  readonly ingest: RelayProcess;
  readonly worker: RelayProcess;
  /** Waits until the worker has settled that number of events, and the sink has received it. */
  delivered(events: number): Promise<void>;
  /** Waits until ingest has read that number of events. */
  read(events: number): Promise<void>;
}

export async function inPhase<T>(place: Place, work: (phase: Phase) => Promise<T>): Promise<T> {
  const { services, sink, runs } = place;
  const fleet = await Fleet.prepare({
    brokers: services.brokers,
    redisUrl: services.redisUrl,
    withSandbox: false,
    graphApi: { url: sink.url },
    ...(runs === undefined ? {} : { runs }),
  });
  try {
    const [ingest, worker] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
    const earlier = await receivedBy(sink);
    return await work({
      fleet,
      ingest,
      worker,
      read: (events) => reached(ingest, 'capi_ingest_messages_total', events),
      async delivered(events) {
        // The sink is asked first: that costs the worker nothing.
        await eventually(async () => {
          const received = (await receivedBy(sink)) - earlier;
          if (received < events) throw new Error(`the sink received ${received} of ${events}`);
        }, PATIENCE);
        await reached(worker, 'capi_worker_events_total', events);
      },
    });
  } finally {
    for (const process of fleet.processes) process.kill('SIGCONT');
    await fleet.stop();
  }
}

export async function sendAll(fleet: Fleet, messages: readonly GeneratedMessage[]): Promise<void> {
  for (let at = 0; at < messages.length; at += SEND_AT_ONCE) {
    await fleet.send(messages.slice(at, at + SEND_AT_ONCE));
  }
}

/** Fills Kafka while neither process works. */
export async function sendWhileHeld(
  { fleet, ingest, worker }: Phase,
  messages: readonly GeneratedMessage[],
): Promise<void> {
  for (const each of [ingest, worker]) each.kill('SIGSTOP');
  await sendAll(fleet, messages);
  for (const each of [ingest, worker]) each.kill('SIGCONT');
}

async function reached({ url }: RelayProcess, metric: string, wanted: number): Promise<void> {
  await eventually(async () => {
    const value = (await scrape([url])).sum(metric);
    if (value < wanted) throw new Error(`${metric} is ${value} of ${wanted}`);
  }, PATIENCE);
}

async function receivedBy({ url }: RelayProcess): Promise<number> {
  const answer = await fetch(url);
  const { received } = (await answer.json()) as { received: number };
  return received;
}
