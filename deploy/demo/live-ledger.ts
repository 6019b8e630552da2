import { styleText } from 'node:util';
import { formatCount } from '#core/text/format.ts';
import { type Samples, scrape } from '#local/scrape.ts';
import { countTable } from './stage.ts';

/** Everything that the screen shows, read once. */
export type LiveLedger = Awaited<ReturnType<typeof readLiveLedger>>;

interface SandboxState {
  readonly pixels: Readonly<Record<string, { readonly accepted: number }>>;
}

const NO_PIXEL = 'none';

/** Reads every process and the sandbox. */
export async function readLiveLedger(processes: readonly string[], sandbox: string) {
  const [samples, state] = await Promise.all([scrape(processes), sandboxState(sandbox)]);
  const batches = samples.sum('capi_worker_batch_events_count');
  const names = [
    ...samples.values('capi_ingest_events_total', 'pixel').filter((name) => name !== NO_PIXEL),
    NO_PIXEL,
  ];
  return {
    messages: samples.sum('capi_ingest_messages_total'),
    pixels: new Map(names.map((name) => [name, countsOf(samples, state, name)])),
    requests: samples.sum('capi_worker_requests_total'),
    batchMean: batches === 0 ? 0 : samples.sum('capi_worker_batch_events_sum') / batches,
    // Seconds from Kafka to Meta's answer; null until something was delivered.
    p50: samples.quantile('capi_event_delivery_age_seconds', 0.5),
    p99: samples.quantile('capi_event_delivery_age_seconds', 0.99),
  };
}

/** What does not balance; empty once every produced message has reached its end. */
export function imbalances({ pixels, messages }: LiveLedger, produced: number): string[] {
  const unread = messages === produced ? [] : [`${produced} produced, ${messages} read`];
  const ofPixels = [...pixels].flatMap(
    ([name, { consumed, filtered, delivered, dead, accepted }]) => {
      const words: string[] = [];
      const open = consumed - filtered - delivered - dead;
      if (open !== 0)
        words.push(`${name}: ${open} of ${consumed} consumed events are unaccounted for`);
      if (accepted !== delivered) {
        words.push(`${name}: ${delivered} delivered, but the sandbox accepted ${accepted}`);
      }
      return words;
    },
  );
  return [...ofPixels, ...unread];
}

/** The results of a pixel's events. */
function countsOf(samples: Samples, state: SandboxState, pixel: string) {
  return {
    consumed: samples.sum('capi_ingest_events_total', { pixel }),
    filtered: samples.sum('capi_ingest_events_total', { pixel, outcome: 'filtered' }),
    delivered: samples.sum('capi_worker_events_total', { pixel, outcome: 'delivered' }),
    dead: samples.sum('capi_dead_letters_total', { pixel }),
    // Counted by the sandbox; 0 for events without a pixel.
    accepted: state.pixels[pixel]?.accepted ?? 0,
  };
}

async function sandboxState(url: string): Promise<SandboxState> {
  const answer = await fetch(`${url}/_sandbox/state`);
  return (await answer.json()) as SandboxState;
}

function latency(value: number | null): string {
  if (value === null) return '–';
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`;
}

const HEADS = ['consumed', 'filtered', 'delivered', 'dead', 'in flight', 'accepted'];

function tableOf({ pixels }: LiveLedger): string[] {
  const rows = [...pixels].map(([name, counts]) => {
    const { consumed, filtered, delivered, dead, accepted } = counts;
    // The processes are read one after the other: while events move, a later one counts more.
    const inFlight = Math.max(consumed - filtered - delivered - dead, 0);
    return [name, [consumed, filtered, delivered, dead, inFlight, accepted]] as const;
  });
  return countTable(HEADS, rows);
}

/** The whole screen; the last column is counted by the sandbox. */
export function picture(ledger: LiveLedger, produced: number, rate: number): string[] {
  const { requests, batchMean, p50, p99 } = ledger;
  const [head = '', ...rows] = tableOf(ledger);
  return [
    `produced ${formatCount(produced)}   read ${formatCount(ledger.messages)}   ${formatCount(rate)} events/s delivered`,
    `requests ${formatCount(requests)}   mean batch ${formatCount(batchMean)} events   age p50 ${latency(p50)}, p99 ${latency(p99)}`,
    '',
    styleText('dim', head),
    ...rows,
  ];
}

/** The same as one plain line. */
function line(ledger: LiveLedger, produced: number, rate: number): string {
  const sum = (name: 'filtered' | 'delivered' | 'dead') =>
    `${name} ${formatCount([...ledger.pixels.values()].reduce((total, of) => total + of[name], 0))}`;
  return [
    `produced ${formatCount(produced)}`,
    `consumed ${formatCount(ledger.messages)}`,
    sum('filtered'),
    sum('delivered'),
    sum('dead'),
    `${formatCount(rate)} events/s`,
    `age p50 ${latency(ledger.p50)} p99 ${latency(ledger.p99)}`,
    `${formatCount(ledger.requests)} requests of ${formatCount(ledger.batchMean)} events`,
  ].join(' · ');
}

/** Redraws in place on a terminal; elsewhere it prints a plain line once a second. */
export class Screen {
  private drawn = 0;
  private last = 0;
  private static readonly PLAIN_MS = 1000;

  show(ledger: LiveLedger, produced: number, rate: number): void {
    if (process.stdout.isTTY) {
      const lines = picture(ledger, produced, rate);
      const up = this.drawn === 0 ? '' : `\x1b[${this.drawn}A`;
      process.stdout.write(`${up}${lines.map((each) => `\x1b[2K${each}\n`).join('')}`);
      this.drawn = lines.length;
    } else if (Date.now() - this.last >= Screen.PLAIN_MS) {
      this.last = Date.now();
      process.stdout.write(`${line(ledger, produced, rate)}\n`);
    }
  }
}
