import { isJson } from '../validator/fault.ts';
import { type Action, type Behaviour, STAGES, type Stage } from './behaviour.ts';
import { Fields } from './fields.ts';
import {
  errorFields,
  errorReply,
  paddedReply,
  statusReply,
  throttleReply,
  tooLargeReply,
  usageFields,
} from './replies.ts';

/** Every kind of behaviour and what it comes down to; the fields of each are those that it reads. */
const KINDS: Readonly<Record<string, (fields: Fields) => Action>> = {
  delay: (fields) => ({ do: 'wait', stage: stage(fields), ms: fields.range('ms', [1000, 1000]) }),
  hang: (fields) => ({ do: 'hang', stage: stage(fields) }),
  reset: (fields) => ({ do: 'reset', stage: stage(fields) }),
  status: (fields) => ({ do: 'answer', stage: stage(fields), reply: statusReply(fields) }),
  truncate: (fields) => ({
    do: 'truncate',
    stage: stage(fields, 'after_accepting'),
    keep: fields.number('keep', 0.5, 0, 1),
  }),
  throttle: (fields) => ({ do: 'answer', stage: stage(fields), reply: throttleReply(fields) }),
  token_expired: (fields) => ({
    do: 'answer',
    stage: stage(fields),
    reply: errorReply(
      errorFields(fields, {
        status: 401,
        code: 190,
        subcode: 463,
        message: 'Error validating access token: Session has expired.',
      }),
    ),
  }),
  permission: (fields) => ({
    do: 'answer',
    stage: stage(fields),
    reply: errorReply(
      errorFields(fields, { status: 403, code: 200, message: '(#200) Permissions error' }),
    ),
  }),
  transient: (fields) => ({
    do: 'answer',
    stage: stage(fields),
    reply: errorReply(
      errorFields(fields, {
        status: 500,
        code: 2,
        message: '(#2) Service temporarily unavailable',
        transient: true,
      }),
    ),
  }),
  reject_event: refuseEvent,
  too_large: limit,
  oversized: (fields) => ({
    do: 'answer',
    stage: stage(fields, 'after_accepting'),
    reply: paddedReply(fields),
  }),
  index: (fields) => ({
    do: 'show_index',
    shown: fields.oneOf('shown', ['some', 'always', 'never'], 'never'),
  }),
  usage: (fields) => ({ do: 'show_usage', usage: usageFields(fields, 90, 0) }),
};

export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

/** A behaviour out of JSON, or everything that is wrong with it. */
export function parseBehaviour(
  json: unknown,
): Behaviour | { readonly problems: readonly string[] } {
  if (!isJson(json)) return { problems: ['a behaviour is a JSON object'] };
  const fields = new Fields(json);
  const kind = fields.oneOf('kind', KIND_NAMES, '');
  const parse = KINDS[kind];
  if (parse === undefined) return { problems: [`kind must be one of ${KIND_NAMES.join(', ')}`] };
  const behaviour: Behaviour = {
    pixel: fields.text('pixel', '*'),
    kind,
    probability: fields.number('probability', 1, 0, 1),
    times: fields.integer('times', null, 1, 1_000_000_000),
    action: parse(fields),
  };
  const problems = fields.problems();
  return problems.length === 0 ? behaviour : { problems };
}

function stage(fields: Fields, otherwise: Stage = 'before_judging'): Stage {
  return fields.oneOf('when', STAGES, otherwise);
}

function refuseEvent(fields: Fields): Action {
  const match = {
    eventIds: fields.set('eventId', 'string'),
    eventNames: fields.set('eventName', 'string'),
    indexes: fields.set('index', 'number'),
  };
  if (Object.values(match).every((condition) => condition === null)) {
    fields.complain('reject_event needs eventId, eventName or index');
  }
  const error = errorFields(fields, { status: 400, code: 100, message: 'Invalid parameter' });
  return { do: 'refuse_event', match, error, named: fields.flag('named', true) };
}

function limit(fields: Fields): Action {
  const maxEvents = fields.integer('maxEvents', null, 0, 1000);
  const maxBytes = fields.integer('maxBytes', null, 0, 1_000_000_000);
  if (maxEvents === null && maxBytes === null) {
    fields.complain('too_large needs maxEvents or maxBytes');
  }
  return { do: 'limit', maxEvents, maxBytes, reply: tooLargeReply(fields) };
}
