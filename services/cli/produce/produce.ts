import { randomBytes } from 'node:crypto';
import { ExpectedError } from '#config/errors.ts';
import { formatCount } from '#core/text/format.ts';
import { abortOnStopSignal } from '#process/lifecycle.ts';
import { showProgress } from '../output/progress.ts';
import type { ProduceOptions } from './flags.ts';
import { findTarget, type Outlet, openPrinter, openTopic } from './outlet.ts';
import { pump } from './pump.ts';
import { type MessageSource, type Outgoing, openSource } from './source.ts';
import { type ProduceSummary, renderSummary } from './summary.ts';

/**
 * Sends the messages, shows progress, and returns a summary.
 * @throws ExpectedError when sending fails; it names how many messages were sent before
 */
async function produce(
  options: ProduceOptions,
  source: MessageSource,
  outlet: Outlet,
  signal: AbortSignal,
): Promise<Omit<ProduceSummary, 'topic'>> {
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
  return { messages, bytes, seconds, messagesPerSecond, ...generated(source, options) };
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

/** Sends what the options say to Kafka, or prints it, and prints a summary. */
export async function produceAll(options: ProduceOptions): Promise<void> {
  const source = await openSource(options);
  const signal = abortOnStopSignal();
  const target = options.dryRun ? null : await findTarget(options, process.env);
  const outlet = target === null ? openPrinter(process.stdout) : await openTopic(target, options);
  const sent = await produce(options, source, outlet, signal);
  const summary = { topic: target?.topic ?? null, ...sent };
  await outlet.close();
  const text = options.json ? `${JSON.stringify(summary)}\n` : renderSummary(summary);
  (options.dryRun ? process.stderr : process.stdout).write(text);
}
