import type { FilterReason, RejectReason } from '#core/mapping/mapping-result.ts';
import type { Random } from './random.ts';

type Json = Record<string, unknown>;

/** What a bad message is made from: a good event that is not sent itself. */
interface Original {
  readonly text: string;
  /** The parsed text: a private copy to modify. */
  readonly event: Json;
  readonly nowMs: number;
  readonly random: Random;
}

/** One way in which a message can be bad, and the reason that a reader must give. */
export interface BadKind {
  /** Relative frequency. */
  readonly weight: number;
  readonly expect: FilterReason | RejectReason;
  /** False when a reader cannot tell which shop the message is from. */
  readonly readable: boolean;
  readonly make: (from: Original) => string | Buffer;
}

const HOUR_MS = 3_600_000;
const MEBIBYTE = 1_048_576;
const UNTRACKED_CALLS = ['page', 'identify', 'screen', 'group', 'alias'] as const;
const NOT_JSON = ['event=Order+Completed&revenue=12', "{'type': 'track'}", '<track/>', 'NaN', '{]'];
const NOT_TIMES = ['yesterday at noon', '2026-13-45T25:61:00Z', 'NaN', true];
const NOT_CURRENCIES = ['EURO', 'US$', '€', 'BITCOIN'];
const NOT_SOURCES = ['web', 'in_app', 'POS terminal'];
const SWITCHED_OFF = [{ All: false }, { 'Facebook Conversions API': false }];

let filler: string | null = null;

/** Every kind of bad message by its name. Kinds that Kafka itself finds hard to carry are rare. */
export const BAD_KINDS = {
  not_json: unreadable('invalid_event', ({ random }) => random.pick(NOT_JSON)),
  truncated_json: unreadable('invalid_event', ({ text, random }) =>
    text.slice(0, random.between(1, text.length - 1)),
  ),
  not_an_object: unreadable('invalid_event', ({ text, random }) =>
    random.pick([`[${text}]`, '"track"', '42', 'null', 'true']),
  ),
  empty: unreadable('invalid_event', () => ''),
  binary: unreadable('invalid_event', ({ random }) => makeRubbish(random)),
  too_large: { ...unreadable('too_large', makeTooLarge), weight: 0.1 },
  page_call: call('page'),
  identify_call: call('identify'),
  screen_call: call('screen'),
  group_call: call('group'),
  alias_call: call('alias'),
  integration_disabled: readable('integration_disabled', (event, { random }) => {
    event['integrations'] = random.pick(SWITCHED_OFF);
  }),
  too_old: readable('too_old', (event, { nowMs }) => setTimes(event, nowMs - 8 * 24 * HOUR_MS)),
  in_future: readable('future', (event, { nowMs }) => setTimes(event, nowMs + 24 * HOUR_MS)),
  unreadable_timestamp: readable('invalid_timestamp', (event, { random }) => {
    for (const field of ['originalTimestamp', 'sentAt', 'receivedAt']) delete event[field];
    event['timestamp'] = random.pick(NOT_TIMES);
  }),
  no_name: readable('invalid_event', (event) => {
    delete event['event'];
  }),
  name_too_long: readable('name_too_long', (event, { random }) => {
    event['event'] = `Viewed ${'Größenübersicht '.repeat(3)}${random.hex8()}`;
  }),
  no_revenue: readable('missing_value', (event) => {
    event['event'] = 'Order Completed';
    for (const field of ['revenue', 'total', 'value']) delete inside(event, 'properties')[field];
  }),
  invalid_currency: readable('invalid_currency', (event, { random }) => {
    event['event'] = 'Order Completed';
    Object.assign(inside(event, 'properties'), {
      revenue: 49.9,
      currency: random.pick(NOT_CURRENCIES),
    });
  }),
  invalid_action_source: readable('invalid_action_source', (event, { random }) => {
    delete inside(event, 'properties')['actionSource'];
    inside(event, 'properties')['action_source'] = random.pick(NOT_SOURCES);
  }),
  no_user_data: readable('missing_user_data', removeIdentity),
} as const satisfies Readonly<Record<string, BadKind>>;

export type BadKindName = keyof typeof BAD_KINDS;

function unreadable(expect: RejectReason, make: BadKind['make']): BadKind {
  return { weight: 1, expect, readable: false, make };
}

function readable(
  expect: FilterReason | RejectReason,
  spoil: (event: Json, from: Original) => void,
): BadKind {
  const make = (from: Original): string => {
    spoil(from.event, from);
    return JSON.stringify(from.event);
  };
  return { weight: 1, expect, readable: true, make };
}

/** Another call of the Segment spec: no Track event, but with the same common fields. */
function call(type: (typeof UNTRACKED_CALLS)[number]): BadKind {
  return readable('not_track', (event) => {
    const name = event['event'];
    delete event['event'];
    Object.assign(event, { type, ...(type === 'page' || type === 'screen' ? { name } : {}) });
  });
}

function setTimes(event: Json, ms: number): void {
  const time = new Date(ms).toISOString();
  for (const field of ['timestamp', 'originalTimestamp', 'sentAt', 'receivedAt'])
    event[field] = time;
}

/** Leaves only the user agent, which is too broad to match anyone. */
function removeIdentity(event: Json): void {
  const context = inside(event, 'context');
  const properties = inside(event, 'properties');
  for (const field of ['userId', 'anonymousId']) delete event[field];
  for (const field of ['ip', 'traits', 'page', 'fbp', 'fbc']) delete context[field];
  for (const field of ['fbp', 'fbc']) delete properties[field];
}

/** Random bytes that are no JSON and no UTF-8, and hold no line break. */
function makeRubbish(random: Random): Buffer {
  const bytes = Buffer.alloc(random.between(16, 400), 0xff);
  for (let at = 1; at < bytes.length; at++) bytes[at] = 0x0b + random.below(0xf4);
  return bytes;
}

/** An event blown up to a few bytes over one mebibyte. */
function makeTooLarge({ text, random }: Original): string {
  filler ??= 'A very long comment on a product. '.repeat(MEBIBYTE / 32);
  const missing = MEBIBYTE - Buffer.byteLength(text) + random.between(1, 500);
  return `${text.slice(0, -1)},"comment":"${filler.slice(0, missing)}"}`;
}

function inside(event: Json, field: string): Json {
  return event[field] as Json;
}
