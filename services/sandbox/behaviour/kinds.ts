import { z } from 'zod';
import { EXPIRED_TOKEN, type GraphError, throttleError, UNKNOWN_ERROR } from '../graph-error.ts';
import { isJsonObject } from '../validator/fault.ts';
import {
  type Action,
  type Behaviour,
  type Reply,
  STAGES,
  type Stage,
  type Usage,
} from './behaviour.ts';

const MEGABYTE = 1024 * 1024;

const HTML =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>';

/** Bodies that are not JSON. */
const PAGES = {
  html: { contentType: 'text/html; charset=utf-8', text: HTML },
  empty: { contentType: 'text/plain', text: '' },
} as const;

/* The types of fields. */

const text = z.string('must be a string');
const flag = z.boolean('must be a boolean');

function number(least: number, most: number) {
  const problem = `must be a number from ${least} to ${most}`;
  return z.number(problem).min(least, problem).max(most, problem);
}

const integer = (least: number, most: number) => number(least, most).int('must be an integer');

function oneOf<const T extends readonly string[]>(words: T, otherwise: T[number]) {
  return z.enum(words, `must be one of ${words.join(', ')}`).default(otherwise as never);
}

/** One value or an array of them. */
function setOf<T extends z.ZodType>(item: T, name: string) {
  const problem = `must be a ${name} or an array of them`;
  return z
    .union([z.array(item), item.transform((one) => [one])], problem)
    .transform((items) => new Set(items as z.output<T>[]))
    .optional();
}

export const stringSet = setOf(text, 'string');

const RANGE = 'must be a number of zero or more, or a pair of them';
const amount = z.number().min(0);
const range = z
  .union([z.tuple([amount, amount]), amount.transform((ms): [number, number] => [ms, ms])], RANGE)
  .refine(([least, most]) => least <= most, RANGE);

const when = (otherwise: Stage = 'before_judging') => oneOf(STAGES, otherwise);

/** The fields of an error envelope and its HTTP status. */
const ERROR = {
  status: integer(200, 599).exactOptional(),
  code: integer(0, 10_000_000).exactOptional(),
  subcode: integer(0, 100_000_000).exactOptional(),
  message: text.exactOptional(),
  type: text.exactOptional(),
  transient: flag.exactOptional(),
};
const RETRY_AFTER = { retryAfterSeconds: integer(0, 86_400).optional() };
const USAGE = {
  callCount: integer(0, 1000).exactOptional(),
  totalCpuTime: integer(0, 1000).exactOptional(),
  totalTime: integer(0, 1000).exactOptional(),
  regainMinutes: integer(0, 10_000).exactOptional(),
};

function retryAfter(seconds: number | undefined): Record<string, string> {
  return seconds === undefined ? {} : { 'retry-after': `${seconds}` };
}

/** @param percent of all three limits, and `minutes` until access is regained, by default */
function usageOf(given: Partial<Usage>, percent: number, minutes: number): Usage {
  const { callCount = percent, regainMinutes = minutes } = given;
  const { totalCpuTime = callCount, totalTime = callCount } = given;
  return { callCount, totalCpuTime, totalTime, regainMinutes };
}

/** A kind that answers with an error of Meta's. */
function failing(otherwise: GraphError): z.ZodType<Action> {
  return z
    .strictObject({ when: when(), ...ERROR })
    .transform(
      ({ when: stage, ...given }): Action => answering(stage, { body: { ...otherwise, ...given } }),
    );
}

function answering(stage: Stage, reply: Reply): Action {
  return { do: 'answer', stage, reply };
}

/** Every kind of behaviour: its fields, and the action that it becomes. */
const KINDS: Readonly<Record<string, z.ZodType<Action>>> = {
  delay: z
    .strictObject({ when: when(), ms: range.default([1000, 1000]) })
    .transform(({ when: stage, ms }): Action => ({ do: 'wait', stage, ms })),
  hang: z.strictObject({ when: when() }).transform(({ when: stage }) => ({ do: 'hang', stage })),
  reset: z.strictObject({ when: when() }).transform(({ when: stage }) => ({ do: 'reset', stage })),
  status: z
    .strictObject({
      when: when(),
      body: oneOf(['json', 'html', 'empty'], 'json'),
      ...ERROR,
      ...RETRY_AFTER,
    })
    .transform(({ when: stage, body: form, retryAfterSeconds, ...given }) => {
      const error = { ...UNKNOWN_ERROR, ...given };
      const body = form === 'json' ? error : { status: error.status, ...PAGES[form] };
      return answering(stage, { headers: retryAfter(retryAfterSeconds), body });
    }),
  truncate: z
    .strictObject({ when: when('after_accepting'), keep: number(0, 1).default(0.5) })
    .transform(({ when: stage, keep }): Action => ({ do: 'truncate', stage, keep })),
  throttle: z
    .strictObject({ when: when(), ...ERROR, ...RETRY_AFTER, ...USAGE })
    .transform(({ when: stage, code = 80004, retryAfterSeconds, ...given }) =>
      answering(stage, {
        headers: retryAfter(retryAfterSeconds),
        usage: usageOf(given, 100, 1),
        body: { ...throttleError(code), ...given },
      }),
    ),
  token_expired: failing(EXPIRED_TOKEN),
  permission: failing({ status: 403, code: 200, message: '(#200) Permissions error' }),
  transient: failing({
    status: 500,
    code: 2,
    message: '(#2) Service temporarily unavailable',
    transient: true,
  }),
  reject_event: z
    .strictObject({
      eventId: stringSet,
      eventName: stringSet,
      index: setOf(z.number(), 'number'),
      named: flag.default(true),
      ...ERROR,
    })
    .refine(
      ({ eventId, eventName, index }) => (eventId ?? eventName ?? index) !== undefined,
      'reject_event needs eventId, eventName or index',
    )
    .transform(({ eventId, eventName, index, named, ...given }): Action => {
      const error = { status: 400, code: 100, message: 'Invalid parameter', ...given };
      return { do: 'refuse_event', match: { eventId, eventName, index }, error, named };
    }),
  too_large: z
    .strictObject({
      maxEvents: integer(0, 1000).optional(),
      maxBytes: integer(0, 1_000_000_000).optional(),
      status: integer(400, 599).default(413),
    })
    .refine(
      ({ maxEvents, maxBytes }) => (maxEvents ?? maxBytes) !== undefined,
      'too_large needs maxEvents or maxBytes',
    )
    .transform(({ maxEvents = Infinity, maxBytes = Infinity, status }): Action => {
      return { do: 'limit', maxEvents, maxBytes, reply: { body: { status, ...PAGES.html } } };
    }),
  oversized: z
    .strictObject({
      when: when('after_accepting'),
      bytes: integer(1, 256 * MEGABYTE).default(16 * MEGABYTE),
    })
    .transform(({ when: stage, bytes }) => answering(stage, { body: { padding: bytes } })),
  index: z
    .strictObject({ shown: oneOf(['some', 'always', 'never'], 'never') })
    .transform(({ shown }): Action => ({ do: 'show_index', shown })),
  usage: z
    .strictObject(USAGE)
    .transform((given): Action => ({ do: 'show_usage', usage: usageOf(given, 90, 0) })),
};

/** The fields of every kind. */
const COMMON = z.object({
  pixel: text.default('*'),
  probability: number(0, 1).default(1),
  times: integer(1, 1_000_000_000).optional(),
});

/** A behaviour from JSON, or everything that is wrong with it. */
export function parseBehaviour(
  json: unknown,
): Behaviour | { readonly problems: readonly string[] } {
  if (!isJsonObject(json)) return { problems: ['a behaviour is a JSON object'] };
  const { pixel, probability, times, kind: name, ...own } = json;
  const known = Object.entries(KINDS).find(([kind]) => kind === name);
  if (known === undefined) {
    return { problems: [`kind must be one of ${Object.keys(KINDS).join(', ')}`] };
  }
  const [kind, schema] = known;
  const common = COMMON.safeParse({ pixel, probability, times });
  const action = schema.safeParse(own);
  if (!common.success || !action.success) {
    return { problems: [common.error, action.error].flatMap(problemsOf) };
  }
  const { times: most = null, ...rest } = common.data;
  return {
    pixel: rest.pixel,
    kind,
    probability: rest.probability,
    times: most,
    action: action.data,
  };
}

/** `status must be a number from 200 to 599` and so on. */
export function problemsOf(error: z.ZodError | undefined): string[] {
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [[...issue.path, issue.message].join(' ')];
    return issue.keys.map((key) => `${key} is not a field of this kind`);
  });
}
