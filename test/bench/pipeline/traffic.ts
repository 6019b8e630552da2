import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratedMessage } from '#cli/produce/generator.ts';
import { scrape } from '#local/scrape.ts';
import { inPhase, type Place, sendWhileHeld } from './phase.ts';

/** Events a second through everything, once all of them wait in Kafka. */
export function measureThroughput(
  place: Place,
  messages: readonly GeneratedMessage[],
): Promise<number> {
  return inPhase(place, async (phase) => {
    await sendWhileHeld(phase, messages);
    const started = performance.now();
    await phase.delivered(messages.length);
    return messages.length / ((performance.now() - started) / 1000);
  });
}

const AGE_SECONDS = 10;
const TICKS_A_SECOND = 20;

/** How many events a measurement of the age at a rate needs. */
export function eventsForAge(rate: number): number {
  return perTickOf(rate) * AGE_SECONDS * TICKS_A_SECOND;
}

/** Age from Kafka to the sink's answer at a steady rate, in ms. */
export function measureAge(
  place: Place,
  messages: readonly GeneratedMessage[],
  rate: number,
): Promise<{ p50: number; p99: number }> {
  return inPhase(place, async ({ fleet, worker, delivered }) => {
    const perTick = perTickOf(rate);
    const started = performance.now();
    const sending: Promise<void>[] = [];
    for (let tick = 0; tick < AGE_SECONDS * TICKS_A_SECOND; tick += 1) {
      const wait = started + (tick * 1000) / TICKS_A_SECOND - performance.now();
      if (wait > 0) await sleep(wait);
      sending.push(fleet.send(messages.slice(tick * perTick, (tick + 1) * perTick)));
    }
    await Promise.all(sending);
    await delivered(eventsForAge(rate));
    const samples = await scrape([worker.url]);
    const age = (q: number): number =>
      1000 * (samples.quantile('capi_event_delivery_age_seconds', q) ?? Number.NaN);
    return { p50: age(0.5), p99: age(0.99) };
  });
}

function perTickOf(rate: number): number {
  return Math.max(1, Math.round(rate / TICKS_A_SECOND));
}
