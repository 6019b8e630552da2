import { randomBytes } from 'node:crypto';
import { type Fault, type IndexShown, messageOf } from './validator/fault.ts';

/** Meta's error envelope without the trace id, and its HTTP status. */
export interface GraphError {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly type?: string;
  readonly subcode?: number;
  readonly transient?: boolean;
  readonly title?: string;
  readonly explanation?: string;
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
      type: error.type ?? 'OAuthException',
      code: error.code,
      error_subcode: error.subcode,
      is_transient: error.transient ?? false,
      error_user_title: error.title,
      error_user_msg: error.explanation,
      fbtrace_id: traceId,
    },
  });
}

/** The error for a request that the validator refused. */
export function refusalOf(fault: Fault, index: number | null, shown: IndexShown): GraphError {
  const error = errorOf(400, 100, messageOf(fault, index, shown));
  if (fault.kind !== 'listed') return error;
  const { subcode, title, explanation } = fault;
  return { ...error, subcode, title, explanation };
}

/** An error of Meta without more than its code and its message. */
export function errorOf(status: number, code: number, message: string): GraphError {
  return { status, code, message };
}

const NO_SUCH_OBJECT = { subcode: 33, type: 'GraphMethodException' };

export const NO_TOKEN = errorOf(401, 104, 'An access token is required to request this resource.');

export const UNKNOWN_TOKEN = errorOf(
  401,
  190,
  'Invalid OAuth access token - Cannot parse access token',
);

export const EXPIRED_TOKEN = {
  ...errorOf(401, 190, 'Error validating access token: Session has expired.'),
  subcode: 463,
};

/** Source: Meta, Graph API, error handling: 200 to 299 are missing permissions. */
export const MISSING_PERMISSION = errorOf(403, 200, '(#200) Missing Permissions');

/** Source: https://github.com/Yoctol/bottender/issues/271. */
export const MISSING_PROOF = {
  ...errorOf(400, 100, 'API calls from the server require an appsecret_proof argument'),
  type: 'GraphMethodException',
};

/** Source: https://github.com/howdyai/botkit/issues/1455. */
export const WRONG_PROOF = {
  ...errorOf(400, 100, 'Invalid appsecret_proof provided in the API argument'),
  type: 'GraphMethodException',
};

export function unknownPixel(pixel: string): GraphError {
  const message = `Unsupported post request. Object with ID '${pixel}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`;
  return { ...errorOf(400, 100, message), ...NO_SUCH_OBJECT };
}

export const UNKNOWN_PATH = errorOf(
  400,
  2500,
  'Unknown path components. Events are sent to POST /{version}/{pixel id}/events.',
);

export function retiredVersion(newest: string): GraphError {
  const message = `(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: ${newest}.`;
  return errorOf(400, 2635, message);
}

export const UNSUPPORTED_METHOD = {
  ...errorOf(400, 100, 'Unsupported request. Events are sent with POST.'),
  ...NO_SUCH_OBJECT,
};

export const UNREADABLE_ENCODING = errorOf(
  415,
  100,
  '(#100) The Content-Encoding of the request is not supported.',
);

export const UNREADABLE_BODY = errorOf(400, 100, '(#100) The request body is not valid JSON.');

export const UNKNOWN_ERROR = errorOf(500, 1, 'An unknown error has occurred.');

/** Meta's errors when it throttles. Source: Meta, Graph API and Marketing API, rate limiting. */
const THROTTLES: ReadonlyMap<number, { subcode?: number; message: string }> = new Map([
  [4, { subcode: 1504022, message: '(#4) Application request limit reached' }],
  [17, { subcode: 2446079, message: '(#17) User request limit reached' }],
  [32, { message: '(#32) Page request limit reached' }],
  [341, { message: '(#341) Application limit reached' }],
  [613, { subcode: 1487742, message: '(#613) Calls to this api have exceeded the rate limit.' }],
]);

const TOO_MANY_CALLS =
  'There have been too many calls to this ad-account. Wait a bit and try again.';

/** The error for a throttled request with this code. */
export function throttleError(code: number): GraphError {
  const other = { subcode: 2446079, message: `(#${code}) ${TOO_MANY_CALLS}` };
  return { status: 400, code, ...(THROTTLES.get(code) ?? other) };
}
