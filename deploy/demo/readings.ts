import { type Samples, scrape } from '#local/scrape.ts';

/** What became of the events of a pixel. */
export interface PixelReading {
  readonly consumed: number;
  readonly filtered: number;
  readonly delivered: number;
  readonly dead: number;
  /** By the sandbox's own count; 0 for what belongs to no pixel. */
  readonly accepted: number;
  readonly duplicates: number;
}

/** Everything the screen shows, read once. */
export interface Reading {
  readonly messages: number;
  readonly pixels: ReadonlyMap<string, PixelReading>;
  readonly requests: number;
  readonly batchMean: number;
  /** Seconds from Kafka to Meta's answer; null until something was delivered. */
  readonly p50: number | null;
  readonly p99: number | null;
}

interface SandboxState {
  readonly pixels: Readonly<
    Record<string, { readonly accepted: number; readonly duplicates: number }>
  >;
}

const NO_PIXEL = 'none';

/** Asks every process and the sandbox. */
export async function read(processes: readonly string[], sandbox: string): Promise<Reading> {
  const [samples, state] = await Promise.all([scrape(processes), sandboxState(sandbox)]);
  const batches = samples.sum('capi_worker_batch_events_count');
  const names = [
    ...samples.values('capi_ingest_events_total', 'pixel').filter((name) => name !== NO_PIXEL),
    NO_PIXEL,
  ];
  return {
    messages: samples.sum('capi_ingest_messages_total'),
    pixels: new Map(names.map((name) => [name, pixelReading(samples, state, name)])),
    requests: samples.sum('capi_worker_requests_total'),
    batchMean: batches === 0 ? 0 : samples.sum('capi_worker_batch_events_sum') / batches,
    p50: samples.quantile('capi_event_delivery_age_seconds', 0.5),
    p99: samples.quantile('capi_event_delivery_age_seconds', 0.99),
  };
}

/** Whether everything that was produced has ended somewhere. */
export function isComplete(reading: Reading, produced: number): boolean {
  return reading.messages === produced && imbalances(reading).length === 0;
}

/** What does not balance, in words; none is right. */
export function imbalances({ pixels }: Reading): string[] {
  return [...pixels].flatMap(([name, { consumed, filtered, delivered, dead, accepted }]) => {
    const words: string[] = [];
    const open = consumed - filtered - delivered - dead;
    if (open !== 0) words.push(`${name}: ${open} of ${consumed} consumed events have not ended`);
    if (accepted !== delivered) {
      words.push(`${name}: ${delivered} delivered, but the sandbox accepted ${accepted}`);
    }
    return words;
  });
}

function pixelReading(samples: Samples, state: SandboxState, pixel: string): PixelReading {
  const accepted = state.pixels[pixel];
  return {
    consumed: samples.sum('capi_ingest_events_total', { pixel }),
    filtered: samples.sum('capi_ingest_events_total', { pixel, outcome: 'filtered' }),
    delivered: samples.sum('capi_worker_events_total', { pixel, outcome: 'delivered' }),
    dead: samples.sum('capi_dead_letters_total', { pixel }),
    accepted: accepted?.accepted ?? 0,
    duplicates: accepted?.duplicates ?? 0,
  };
}

async function sandboxState(url: string): Promise<SandboxState> {
  const answer = await fetch(`${url}/_sandbox/state`);
  return (await answer.json()) as SandboxState;
}
