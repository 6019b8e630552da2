import { STANDARD_FIELDS } from '../custom-data/standard-fields.ts';
import { currencyOf } from '../custom-data/value.ts';
import { ACTION_SOURCES, HASHED_FIELDS } from '../event/server-event.ts';
import { readActionSource } from '../mapping/action-source.ts';
import { APP_FIELDS } from '../mapping/app-data.ts';
import { MESSAGING_CHANNELS } from '../mapping/requirements.ts';
import { numberOf, switchOf, textOf } from '../mapping/scalars.ts';
import { serverObjects } from '../mapping/server-fields.ts';
import { canonical } from '../normalise/personal-value.ts';
import { redactProperty } from '../privacy/redact.ts';
import { isWebAddress, textWithoutPersonalData, withoutPersonalData } from '../privacy/url.ts';
import { USER_DATA_NAMES, userDataField } from '../user-data/fields.ts';
import { NOT_PERSONAL } from '../user-data/too-broad.ts';
import type { Source } from './source.ts';

/** A field that `fields` of a pixel may name. */
export interface FieldRule {
  readonly group: 'event' | 'user_data' | 'custom_data' | 'app_data';
  /** True where personal data is hashed, or wanted as it is. */
  readonly mayBePersonal: boolean;
  /** Forms of a source besides paths and templates. */
  readonly forms: readonly Source['kind'][];
  /** Whether a literal value is one that Meta accepts. */
  readonly accepts: (value: unknown) => boolean;
  /** What a literal must be. */
  readonly expected: string;
}

type Literal = Pick<FieldRule, 'forms' | 'accepts' | 'expected'>;

/** Starts the name of a field of custom_data that Meta does not know. */
export const FREE_FIELD = 'custom_data.';

function literal(expected: string, accepts: FieldRule['accepts']): Literal {
  return { forms: ['literal'], accepts, expected };
}

/** For a field that no two events share. */
const NO_LITERAL: Literal = { forms: [], accepts: () => false, expected: '' };

const URL: Literal = literal('an http or https URL without personal data', (value) => {
  const text = typeof value === 'string' ? textOf(value) : null;
  return text !== null && isWebAddress(text) && withoutPersonalData(text) === text;
});

/** Parts that no two events share. */
const OF_ONE_EVENT: ReadonlySet<string> = new Set(
  ['event_time', 'order_id', 'event_id'].map((part) => `original_event_data.${part}`),
);

/** True for what a reader found, unless it holds personal data. */
function isSendable(found: unknown): boolean {
  return typeof found === 'string' ? textWithoutPersonalData(found) === found : found !== null;
}

/** Fields of the event itself. Source: Meta, server event parameters. */
const EVENT_FIELDS: readonly (readonly [string, Literal])[] = [
  ['event_id', NO_LITERAL],
  ['event_time', NO_LITERAL],
  [
    'action_source',
    literal(`one of ${ACTION_SOURCES.join(', ')}`, (value) => readActionSource(value) !== null),
  ],
  ['event_source_url', URL],
  ['referrer_url', URL],
  ['opt_out', literal('true or false', (value) => switchOf(value) !== null)],
  ['data_processing_options', NO_LITERAL],
  [
    'messaging_channel',
    literal(`one of ${[...MESSAGING_CHANNELS.keys()].join(', ')}`, (value) =>
      MESSAGING_CHANNELS.has(String(value)),
    ),
  ],
  ...objectFields(),
];

/** Objects at the top level of the event, and each of their parts. */
function objectFields(): [string, Literal][] {
  const objects = serverObjects((name) => ({ meta: name }));
  return Object.entries(objects).flatMap(([object, rows]): [string, Literal][] => {
    const parts = new Map([...rows.values()].map(({ field, read }) => [field, read] as const));
    return [
      [object, NO_LITERAL],
      ...[...parts].map(([part, read]): [string, Literal] => [
        `${object}.${part}`,
        OF_ONE_EVENT.has(`${object}.${part}`)
          ? NO_LITERAL
          : literal('a value that Meta accepts', (value) => isSendable(read(value))),
      ]),
    ];
  });
}

function eventRule(form: Literal): FieldRule {
  return { group: 'event', mayBePersonal: false, ...form };
}

/** An address, and what is not about a person: a literal in any other field would join all people. */
const SHARED: ReadonlySet<string> = new Set(['country', 'st', 'ct', 'zp', ...NOT_PERSONAL]);

const MAY_BE_PERSONAL: ReadonlySet<string> = new Set([
  ...HASHED_FIELDS,
  ...['client_ip_address', 'client_user_agent'],
]);

const NO_HINTS = { country: null, now: 0 };

function userRule(field: Parameters<typeof userDataField>[0]): FieldRule {
  const to = userDataField(field, '');
  const accepts = (value: unknown): boolean => {
    if (!to.hashed) return to.format.read(value) !== null;
    const found = canonical(to.normalise, value, NO_HINTS);
    return typeof found === 'string' && found !== '';
  };
  const form = SHARED.has(field) ? literal('a value that Meta accepts', accepts) : NO_LITERAL;
  return { group: 'user_data', mayBePersonal: MAY_BE_PERSONAL.has(field), ...form };
}

function appRule(read: (value: unknown) => unknown): FieldRule {
  const form = literal('a value that Meta accepts', (value) => isSendable(read(value)));
  return { group: 'app_data', mayBePersonal: false, ...form };
}

function customRule(form: Literal): FieldRule {
  return { group: 'custom_data', mayBePersonal: false, ...form };
}

function numberRule(accepts: FieldRule['accepts']): FieldRule {
  return customRule({ forms: ['literal', 'sum'], accepts, expected: 'a number' });
}

const NUMBERS: ReadonlySet<string> = new Set(['num_items', 'predicted_ltv', 'net_revenue']);

function standardRule(field: string, read: (value: unknown) => unknown): FieldRule {
  const accepts = (value: unknown): boolean => isSendable(read(value));
  if (NUMBERS.has(field)) return numberRule(accepts);
  return customRule(
    field === 'order_id' ? NO_LITERAL : literal('a value that Meta accepts', accepts),
  );
}

const FREE: FieldRule = customRule({
  forms: ['literal', 'sum'],
  expected: 'a text, a number, true or false',
  accepts: (value) => {
    if (!['string', 'number', 'boolean'].includes(typeof value)) return false;
    const { personal, unusable } = redactProperty(value, '', false);
    return !personal && !unusable;
  },
});

const RULES: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
  ...EVENT_FIELDS.map(([name, form]) => [name, eventRule(form)] as const),
  ...[...USER_DATA_NAMES].map((name) => [name, userRule(name)] as const),
  ...[...APP_FIELDS].map(([name, read]) => [name, appRule(read)] as const),
  ['value', numberRule((value) => numberOf(value) !== null)],
  [
    'currency',
    customRule(literal('an ISO 4217 currency code', (value) => currencyOf(value) !== null)),
  ],
  ['contents', customRule({ ...NO_LITERAL, forms: ['items'] })],
  ...STANDARD_FIELDS.map(({ field, read }) => [field, standardRule(field, read)] as const),
]);

/** Every field of Meta's that `fields` takes by its own name. */
export const FIELD_NAMES: readonly string[] = [...RULES.keys()];

/** Undefined for a name that `fields` does not take. */
export function fieldRule(name: string): FieldRule | undefined {
  return name.startsWith(FREE_FIELD) ? FREE : RULES.get(name);
}
