import { randomBytes } from 'node:crypto';
import { ExpectedError } from '#config/errors.ts';
import { formatCount } from '#core/text/format.ts';
import { showProgress } from '../output/progress.ts';
import type { ProduceOptions } from './flags.ts';
import type { Outlet } from './outlet.ts';
import { pump } from './pump.ts';
import type { MessageSource, Outgoing } from './source.ts';
import type { ProduceSummary } from './summary.ts';

/** What a run needs besides its options. */
interface ProduceDeps {
  readonly source: MessageSource;
  readonly outlet: Outlet;
  /** Null for a dry run. */
  readonly topic: string | null;
  /** Ends the run gracefully. */
  readonly signal: AbortSignal;
}

/**
 * Sends the messages, shows progress, and returns a summary.
 * @throws ExpectedError when sending fails; it names how many messages were sent before
 */
export async function produce(
  options: ProduceOptions,
  { source, outlet, topic, signal }: ProduceDeps,
): Promise<ProduceSummary> {
  const progress = showProgress(options.count);
  const started = performance.now();
  let [messages, bytes] = [0, 0];
  const send = async (some: readonly Outgoing[]): Promise<void> => {
    await outlet.send(options.traced ? some.map(traced) : some);
    for (const { value } of some) bytes += value.length;
  };
  const sent = (total: number): void => {
    messages = total;
    progress.report(total, (rate) => {
      const of = options.count === null ? '' : ` of ${formatCount(options.count)}`;
      return `${formatCount(total)}${of} messages, ${formatCount(rate)} per second`;
    });
  };
  try {
    await pump(source.feed, send, options, { signal, sent, clock: Date.now });
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    throw new ExpectedError(`${error.message} (${messages} messages were sent before)`);
  } finally {
    progress.end();
  }
  const seconds = (performance.now() - started) / 1000;
  const messagesPerSecond = messages / Math.max(seconds, 0.001);
  return { topic, messages, bytes, seconds, messagesPerSecond, ...generated(source, options) };
}

/** Adds the span of a traced producer, sampled. Source: W3C, Trace Context. */
function traced(message: Outgoing): Outgoing {
  const [traceId, spanId] = [randomBytes(16), randomBytes(8)].map((id) => id.toString('hex'));
  return { ...message, headers: { traceparent: `00-${traceId}-${spanId}-01` } };
}

function generated(
  source: MessageSource,
  { seed, startMs }: ProduceOptions,
): Pick<ProduceSummary, 'generated'> {
  if (source.counts === null) return {};
  const { kinds, events, sources } = source.counts;
  const start = startMs === null ? {} : { start: new Date(startMs).toISOString() };
  return { generated: { seed, ...start, kinds, events, sources } };
}
