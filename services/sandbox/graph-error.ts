import { randomBytes } from 'node:crypto';
import { type Fault, type IndexShown, messageOf } from './validator/fault.ts';

/** Meta's error envelope without the trace id, and its HTTP status. */
export interface GraphError {
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code: number;
  readonly subcode: number | null;
  readonly transient: boolean;
  readonly title: string | null;
  readonly explanation: string | null;
}

type Needed = Pick<GraphError, 'status' | 'code' | 'message'>;

export function graphError(fields: Needed & Partial<GraphError>): GraphError {
  return {
    type: 'OAuthException',
    subcode: null,
    transient: false,
    title: null,
    explanation: null,
    ...fields,
  };
}

/** Such as `AkR0WcVY5kDyVo1PzjqYq9d`. */
export function newTraceId(): string {
  return `A${randomBytes(16).toString('base64url')}`;
}

/** Source: Meta, Graph API, error handling. */
export function envelope(error: GraphError, traceId: string): string {
  return JSON.stringify({
    error: {
      message: error.message,
      type: error.type,
      code: error.code,
      ...(error.subcode === null ? {} : { error_subcode: error.subcode }),
      is_transient: error.transient,
      ...(error.title === null ? {} : { error_user_title: error.title }),
      ...(error.explanation === null ? {} : { error_user_msg: error.explanation }),
      fbtrace_id: traceId,
    },
  });
}

/** The error for a request that the validator refused. */
export function refusalOf(fault: Fault, index: number | null, shown: IndexShown): GraphError {
  const message = messageOf(fault, index, shown);
  if (fault.kind !== 'listed') return graphError({ status: 400, code: 100, message });
  const { subcode, title, explanation } = fault;
  return graphError({ status: 400, code: 100, message, subcode, title, explanation });
}

export const NO_TOKEN = graphError({
  status: 401,
  code: 104,
  message: 'An access token is required to request this resource.',
});

export const UNKNOWN_TOKEN = graphError({
  status: 401,
  code: 190,
  message: 'Invalid OAuth access token - Cannot parse access token',
});

export const EXPIRED_TOKEN = graphError({
  status: 401,
  code: 190,
  subcode: 463,
  message: 'Error validating access token: Session has expired.',
});

export function unknownPixel(pixel: string): GraphError {
  return graphError({
    status: 400,
    code: 100,
    subcode: 33,
    type: 'GraphMethodException',
    message: `Unsupported post request. Object with ID '${pixel}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
  });
}

export const UNKNOWN_PATH = graphError({
  status: 400,
  code: 2500,
  message: 'Unknown path components. Events are sent to POST /{version}/{pixel id}/events.',
});

export function retiredVersion(newest: string): GraphError {
  return graphError({
    status: 400,
    code: 2635,
    message: `(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: ${newest}.`,
  });
}

export const UNSUPPORTED_METHOD = graphError({
  status: 400,
  code: 100,
  subcode: 33,
  type: 'GraphMethodException',
  message: 'Unsupported request. Events are sent with POST.',
});

export const UNREADABLE_ENCODING = graphError({
  status: 415,
  code: 100,
  message: '(#100) The Content-Encoding of the request is not supported.',
});

export const UNREADABLE_BODY = graphError({
  status: 400,
  code: 100,
  message: '(#100) The request body is not valid JSON.',
});

/** Meta's errors when it throttles. Source: Meta, Graph API and Marketing API, rate limiting. */
const THROTTLES: ReadonlyMap<number, { subcode: number | null; message: string }> = new Map([
  [4, { subcode: 1504022, message: '(#4) Application request limit reached' }],
  [17, { subcode: 2446079, message: '(#17) User request limit reached' }],
  [32, { subcode: null, message: '(#32) Page request limit reached' }],
  [341, { subcode: null, message: '(#341) Application limit reached' }],
  [613, { subcode: 1487742, message: '(#613) Calls to this api have exceeded the rate limit.' }],
]);

const TOO_MANY_CALLS =
  'There have been too many calls to this ad-account. Wait a bit and try again.';

/** The error for a throttled request with this code. */
export function throttleError(code: number): GraphError {
  const other = { subcode: 2446079, message: `(#${code}) ${TOO_MANY_CALLS}` };
  return graphError({ status: 400, code, ...(THROTTLES.get(code) ?? other) });
}
