import { hash } from 'node:crypto';
import { generateMessages } from '#cli/produce/generator.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import type { NormalisedEvent } from '#core/event/server-event.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { hashedMembers } from '#core/record/hashed-members.ts';
import { sentJson } from '#core/record/record.ts';
import { measure, type Ways } from './measure.ts';
import { withMetaSdk } from './meta-sdk.ts';
import { report } from './report.ts';
import { inSegmentsShape } from './segment-shape.ts';
import type { Track } from './track.ts';

/*
 * What mapping costs an event on one core, against the floor and against other ways to do the same,
 * in one run:
 *
 *   node test/bench/mapping/main.ts [--json]
 */

const NOW = Date.parse('2026-11-20T10:00:00Z');
/** More than the normalisers remember, so that they forget as they do in real traffic. */
const EVENTS = 20_000;
/** Rounds before anything is counted, so that the compiler has done its work, and rounds that count. */
const WARM_ROUNDS = 3;
const ROUNDS = 4;
const HASHES = 8;

const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });

function mapped(event: unknown): NormalisedEvent {
  const result = map(event, NOW);
  if (result.outcome !== 'deliver') throw new Error('every event of this run must be delivered');
  return result.event;
}

/** True for events that every way takes: Meta's SDK throws for some that are right. */
function isForAll(text: string): boolean {
  try {
    withMetaSdk(JSON.parse(text));
    return map(JSON.parse(text), NOW).outcome === 'deliver';
  } catch {
    return false;
  }
}

/** What a shop sends: people who browse, come back and buy, from several countries. */
function shopEvents(): string[] {
  const sources = ['shop-eu', 'shop-us', 'shop-jp'];
  const generator = generateMessages({ seed: 'mapping', startMs: NOW, sources, badShare: 0 });
  return generator.take(EVENTS).map(({ value }) => value.toString());
}

function hashes(messageId: string): number {
  let length = 0;
  for (let at = 0; at < HASHES; at += 1) length += hash('sha256', `${messageId}${at}`).length;
  return length;
}

/** The floor parses, and so its figure keeps it; of every other way only what follows counts. */
function afterParsing(µs: Record<string, number>): Record<string, number> {
  const { parse = 0, parseAndHashes = 0, ...others } = µs;
  const after = Object.entries(others).map(([name, took]) => [name, took - parse]);
  return { parse, parseAndHashes, ...Object.fromEntries(after) };
}

const all = shopEvents();
const texts = all.filter(isForAll);
const parse = (text: string): Track => JSON.parse(text) as Track;
const ways: Ways = {
  parse,
  parseAndHashes: (text) => hashes(parse(text).messageId),
  map: (text) => mapped(parse(text)),
  mapAndHash: (text) => hashedMembers(mapped(parse(text)).personal),
  json: (text) => sentJson(mapped(parse(text))),
  metaSdk: (text) => withMetaSdk(parse(text)),
  metaSdkJson: (text) => JSON.stringify(withMetaSdk(parse(text))),
  segmentShape: (text) => inSegmentsShape(parse(text)),
  segmentShapeJson: (text) => JSON.stringify(inSegmentsShape(parse(text))),
};
measure(texts, WARM_ROUNDS, ways);
const µs = afterParsing(measure(texts, ROUNDS, ways));
const facts = {
  events: texts.length,
  leftOut: all.length - texts.length,
  bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / texts.length,
  hashes:
    texts.reduce(
      (sum, text) => sum + Object.values(mapped(parse(text)).personal).flat().length,
      0,
    ) / texts.length,
};
const json = process.argv.includes('--json');
console.log(json ? JSON.stringify({ ...facts, µs }) : report(facts, µs));
