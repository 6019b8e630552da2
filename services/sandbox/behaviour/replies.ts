import { type GraphError, graphError } from '../graph-error.ts';
import type { Reply, Usage } from './behaviour.ts';
import type { Fields } from './fields.ts';

const MEGABYTE = 1024 * 1024;

const HTML =
  '<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>';

/** What Meta says when it throttles. Source: Meta, Graph API and Marketing API, rate limiting. */
const THROTTLES: ReadonlyMap<number, { subcode: number | null; message: string }> = new Map([
  [4, { subcode: 1504022, message: '(#4) Application request limit reached' }],
  [17, { subcode: 2446079, message: '(#17) User request limit reached' }],
  [32, { subcode: null, message: '(#32) Page request limit reached' }],
  [341, { subcode: null, message: '(#341) Application limit reached' }],
  [613, { subcode: 1487742, message: '(#613) Calls to this api have exceeded the rate limit.' }],
]);

const TOO_MANY_CALLS =
  'There have been too many calls to this ad-account. Wait a bit and try again.';

export function errorReply(error: GraphError, headers: Record<string, string> = {}): Reply {
  return { status: error.status, headers, usage: null, body: { kind: 'error', error } };
}

/** The fields `code`, `subcode`, `message`, `type` and `transient` of an envelope. */
export function errorFields(
  fields: Fields,
  otherwise: Pick<GraphError, 'status' | 'code' | 'message'> & Partial<GraphError>,
): GraphError {
  const error = graphError(otherwise);
  return {
    ...error,
    status: fields.integer('status', error.status, 200, 599),
    code: fields.integer('code', error.code, 0, 10_000_000),
    subcode: fields.integer('subcode', error.subcode, 0, 100_000_000),
    message: fields.text('message', error.message),
    type: fields.text('type', error.type),
    transient: fields.flag('transient', error.transient),
  };
}

export function statusReply(fields: Fields): Reply {
  const form = fields.oneOf('body', ['json', 'html', 'empty'], 'json');
  const error = errorFields(fields, {
    status: 500,
    code: 1,
    message: 'An unknown error has occurred.',
  });
  const headers = retryAfter(fields);
  if (form === 'json') return errorReply(error, headers);
  const contentType = form === 'html' ? 'text/html; charset=utf-8' : 'text/plain';
  const body = { kind: 'text', contentType, text: form === 'html' ? HTML : '' } as const;
  return { status: error.status, headers, usage: null, body };
}

export function throttleReply(fields: Fields): Reply {
  const code = fields.integer('code', 80004, 0, 10_000_000);
  const words = THROTTLES.get(code) ?? {
    subcode: 2446079,
    message: `(#${code}) ${TOO_MANY_CALLS}`,
  };
  const error = errorFields(fields, { status: 400, code, ...words });
  return { ...errorReply(error, retryAfter(fields)), usage: usageFields(fields, 100, 1) };
}

export function tooLargeReply(fields: Fields): Reply {
  const status = fields.integer('status', 413, 400, 599);
  const body = { kind: 'text', contentType: 'text/html; charset=utf-8', text: HTML } as const;
  return { status, headers: {}, usage: null, body };
}

export function paddedReply(fields: Fields): Reply {
  const bytes = fields.integer('bytes', 16 * MEGABYTE, 1, 256 * MEGABYTE);
  return { status: 200, headers: {}, usage: null, body: { kind: 'padded_success', bytes } };
}

/** The fields `callCount`, `totalCpuTime`, `totalTime` and `regainMinutes`. */
export function usageFields(fields: Fields, percent: number, minutes: number): Usage {
  const callCount = fields.integer('callCount', percent, 0, 1000);
  return {
    callCount,
    totalCpuTime: fields.integer('totalCpuTime', callCount, 0, 1000),
    totalTime: fields.integer('totalTime', callCount, 0, 1000),
    regainMinutes: fields.integer('regainMinutes', minutes, 0, 10_000),
  };
}

function retryAfter(fields: Fields): Record<string, string> {
  const seconds = fields.integer('retryAfterSeconds', null, 0, 86_400);
  return seconds === null ? {} : { 'retry-after': `${seconds}` };
}
