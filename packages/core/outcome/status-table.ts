import type { StatusRule } from './codes.ts';

/** What HTTP statuses ask of us. A status that is not here is tried again. */
export const STATUS_RULES: readonly StatusRule[] = [
  {
    status: [200, 299],
    consequence: 'retry',
    meaning: 'a success without `events_received`, or HTML, or nothing: not Meta speaking',
    source: 'using',
  },
  {
    status: [300, 399],
    consequence: 'retry',
    meaning: 'a redirect, which is not followed: the token would go elsewhere',
    source: 'http',
  },
  { status: 401, consequence: 'blocked', meaning: 'the token is not accepted', source: 'http' },
  { status: 403, consequence: 'blocked', meaning: 'a permission is missing', source: 'http' },
  {
    status: 404,
    consequence: 'blocked',
    meaning: 'the path or the pixel is wrong',
    source: 'http',
  },
  { status: 405, consequence: 'blocked', meaning: 'the address takes no events', source: 'http' },
  {
    status: 407,
    consequence: 'blocked',
    meaning: 'a proxy wants to know who asks',
    source: 'http',
  },
  {
    status: 408,
    consequence: 'retry',
    meaning: 'the request took too long to arrive',
    source: 'http',
  },
  { status: 410, consequence: 'blocked', meaning: 'the address is gone', source: 'http' },
  { status: 413, consequence: 'tooLarge', meaning: 'the body is too large', source: 'http' },
  {
    status: 421,
    consequence: 'retry',
    meaning: 'the connection ended at another server',
    source: 'http',
  },
  { status: 425, consequence: 'retry', meaning: 'too early', source: 'more' },
  { status: 429, consequence: 'throttled', meaning: 'too many requests', source: 'more' },
  {
    status: [400, 499],
    consequence: 'rejected',
    meaning: 'the request is refused for a reason that no row knows',
    source: 'ours',
  },
  {
    status: [500, 599],
    consequence: 'retry',
    meaning: 'an error on their side, or of a gateway',
    source: 'http',
  },
];
