import { hash } from 'node:crypto';
import { createMapper } from '#core/mapping/mapper.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/pixel-settings.ts';
import type { NormalisedEvent } from '#core/server-event.ts';
import { hashedMembers } from '#core/wire.ts';
import { generateMessages } from '../../services/cli/produce/generator.ts';

/*
 * What mapping costs, as a ratio: parse + map + normalise + hash of the events of a shop, against
 * the floor of the same events: JSON.parse and eight one-shot hashes. All take turns in the same
 * run, so that a busy machine slows all of them. `ratioWithoutParse` leaves the parse out of what
 * is measured, and in the floor.
 *
 *   node test/bench/mapping.ts [--json]
 */

const NOW = Date.parse('2026-11-20T10:00:00Z');
const EVENTS = 3000;
const ROUNDS = 40;

const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });

/** What a shop sends: people who browse, come back and buy, from several countries. */
function shopEvents(): string[] {
  const sources = ['shop-eu', 'shop-us', 'shop-jp'];
  const generator = generateMessages({ seed: 'mapping', startMs: NOW, sources, badShare: 0 });
  return generator.take(EVENTS).flatMap(({ value }) => {
    const text = value.toString();
    return map(JSON.parse(text), NOW).outcome === 'deliver' ? [text] : [];
  });
}

/** What cannot be saved: reading the event, and eight hashes. */
function floor(text: string): number {
  const event = JSON.parse(text) as { messageId: string };
  let length = 0;
  for (let at = 0; at < 8; at++) length += hash('sha256', `${event.messageId}${at}`).length;
  return length;
}

function parse(text: string): number {
  return Object.keys(JSON.parse(text) as object).length;
}

function parseMap(text: string): number {
  return mapped(text).clear.event_time;
}

function parseMapHash(text: string): number {
  return hashedMembers(mapped(text).personal).length;
}

function mapped(text: string): NormalisedEvent {
  const verdict = map(JSON.parse(text), NOW);
  if (verdict.outcome !== 'deliver') throw new Error('every event of this run must be delivered');
  return verdict.event;
}

/** µs an event: the median of the rounds, in which all take turns. */
function measure(
  texts: readonly string[],
  works: Readonly<Record<string, (text: string) => number>>,
): Record<string, number> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) {
      const start = process.hrtime.bigint();
      for (const text of texts) work(text);
      const took = Number(process.hrtime.bigint() - start) / 1000 / texts.length;
      times[name] = [...(times[name] ?? []), took];
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const texts = shopEvents();
const hashes = texts.reduce(
  (sum, text) => sum + Object.values(mapped(text).personal).flat().length,
  0,
);
const µs = measure(texts, { floor, parse, parseMap, parseMapHash });
const report = {
  events: texts.length,
  bytesPerEvent: Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length),
  hashesPerEvent: round(hashes / texts.length),
  ...Object.fromEntries(Object.entries(µs).map(([name, took]) => [`${name}Us`, round(took)])),
  mapUs: round((µs['parseMap'] ?? 0) - (µs['parse'] ?? 0)),
  ratio: round((µs['parseMapHash'] ?? 0) / (µs['floor'] ?? 1)),
  ratioWithoutParse: round(((µs['parseMapHash'] ?? 0) - (µs['parse'] ?? 0)) / (µs['floor'] ?? 1)),
};

function round(number: number): number {
  return Math.round(number * 100) / 100;
}

if (process.argv.includes('--json')) console.log(JSON.stringify(report));
else console.table(report);
