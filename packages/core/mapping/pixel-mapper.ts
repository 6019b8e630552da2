import { compileCondition, type EventTest } from '../conditions/condition.ts';
import type { EventRule, PixelSettings } from '../event/pixel-settings.ts';
import type { Route } from '../event/routing.ts';
import { asObject } from '../event/track-event.ts';
import type { Trace } from './draft.ts';
import { metaNameOf } from './event-name.ts';
import { createMapper, type Mapper } from './mapper.ts';
import { type MappingResult, mappingFailed, REFUSALS } from './mapping-result.ts';

/** A pixel as far as its events are mapped; settings alone have no `events`. */
type MappedPixel = PixelSettings & { readonly events?: Pick<Route, 'deny'> };

/**
 * Which of the server events of one Track event: null for the first, or the Meta name of one that a rule
 * adds. Undefined stands for all of them, where the Track event as a whole is none.
 */
export type EventPart = string | null | undefined;

/** One of the server events of a Track event. */
export interface PartResult {
  readonly part: EventPart;
  readonly result: MappingResult;
}

/** What one Track event becomes for one pixel: one server event, or several, mapped as they are read. */
export type Mapped =
  | MappingResult
  | { readonly outcome: 'several'; readonly results: Iterable<PartResult> };

/** As {@link Mapper}, with the rules of the pixel. */
export type PixelMapper = (event: unknown, now: number) => Mapped;

/**
 * The mapping of a pixel, with what its `eventRules` add and what `events.deny` leaves out. A pixel
 * without those has the plain mapping itself.
 */
export function createPixelMapper(pixel: MappedPixel, trace: Trace | null = null): PixelMapper {
  const deny = pixel.events?.deny;
  const plain = createMapper(pixel, trace);
  const map = pixel.eventRules.length === 0 ? plain : createRuleMapper(pixel, plain, trace);
  if (deny === undefined) return map;
  const isDenied = compileCondition(deny);
  return (event, now) => {
    try {
      const whole = asObject(event);
      if (whole !== null && isDenied(whole)) return REFUSALS.denied;
    } catch (error) {
      return mappingFailed(error);
    }
    return map(event, now);
  };
}

interface CompiledRule {
  readonly instead: boolean;
  /** Null for a rule that takes the name of the event's own mapping. */
  readonly name: string | null;
  readonly holds: EventTest;
  readonly testEventCode: string | null;
  readonly map: Mapper;
}

function createRuleMapper(
  settings: PixelSettings,
  plain: Mapper,
  trace: Trace | null,
): PixelMapper {
  const rules = settings.eventRules.map((rule, index) => compileRule(rule, index, settings, trace));
  const replacing = rules.filter(({ instead }) => instead);
  const adding = rules.filter(({ instead }) => !instead);
  const unchanged = { map: plain, testEventCode: null };
  return (event, now) => {
    const whole = asObject(event);
    if (whole === null) return plain(event, now);
    try {
      const first = replacing.find(({ holds }) => holds(whole)) ?? unchanged;
      const added = addedBy(adding, whole);
      if (added.length === 0) return first.map(event, now);
      return { outcome: 'several', results: mapParts(first, added, whole, now) };
    } catch (error) {
      return mappingFailed(error);
    }
  };
}

/** The rules that hold, and of those for one name the first: a name is added once. */
function addedBy(rules: readonly CompiledRule[], event: object): readonly CompiledRule[] {
  const found: CompiledRule[] = [];
  for (const rule of rules) {
    if (rule.holds(event) && found.every(({ name }) => name !== rule.name)) found.push(rule);
  }
  return found;
}

/** What is added to a test event is one too, or the test would show among real events. */
function* mapParts(
  first: Pick<CompiledRule, 'map' | 'testEventCode'>,
  added: readonly CompiledRule[],
  event: object,
  now: number,
): Generator<PartResult> {
  const result = first.map(event, now);
  if (concernsAll(result)) return yield { part: undefined, result };
  yield { part: null, result };
  for (const { name, map, testEventCode } of added) {
    const code = testEventCode ?? first.testEventCode;
    if (isNamed(result, name)) continue;
    yield { part: name, result: asTest(map(event, now), code) };
  }
}

/**
 * Whether the first event has the name that a rule would add. Meta would count both, because their ids
 * differ, and a test event counts like any other.
 */
function isNamed(first: MappingResult, name: string | null): boolean {
  return first.outcome === 'deliver' && first.event.plain.event_name === name;
}

/** Reasons that lie in the Track event itself: every server event of it would have the same. */
const REASONS_OF_ALL: ReadonlySet<string> = new Set([
  'invalid_event',
  'invalid_action_source',
  'invalid_timestamp',
  'too_old',
  'future',
  'missing_user_data',
  'missing_website_context',
]);

function concernsAll(result: MappingResult): boolean {
  if (result.outcome === 'filter') return true;
  return result.outcome === 'reject' && REASONS_OF_ALL.has(result.reason);
}

function compileRule(
  { when, eventName, instead, testEventCode }: EventRule,
  index: number,
  settings: PixelSettings,
  trace: Trace | null,
): CompiledRule {
  const name = eventName === null ? null : metaNameOf(eventName);
  // Made when the rule holds for the first time: a thousand pixels may have a hundred rules each.
  let renamed: Mapper | null = null;
  const map: Mapper = (event, now) => {
    renamed ??= createMapper(settings, trace, name);
    const result = renamed(event, now);
    if (name !== null) trace?.('event_name', `eventRules[${index}]`);
    return instead || name === null ? asTest(result, testEventCode) : asAdded(result, name);
  };
  return { instead, name, holds: compileCondition(when), testEventCode, map };
}

function asTest(result: MappingResult, testEventCode: string | null): MappingResult {
  if (testEventCode === null || result.outcome !== 'deliver') return result;
  return { ...result, event: { ...result.event, testEventCode } };
}

/**
 * Its id is that of the first event with the name behind it: the same in every attempt and replay, and
 * whatever other rules there are. Meta compares event_id and event_name.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/deduplicate-pixel-and-server-events
 */
function asAdded(result: MappingResult, name: string): MappingResult {
  if (result.outcome === 'filter') return result;
  if (result.outcome === 'reject') {
    return { ...result, message: `${name}, which eventRules add: ${result.message}` };
  }
  const { plain, personal } = result.event;
  const { event_id: id } = plain;
  if (id === undefined) return result;
  return { ...result, event: { plain: { ...plain, event_id: `${id}:${name}` }, personal } };
}
