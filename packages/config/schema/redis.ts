import { z } from 'zod';
import { says, text } from './values.ts';

/** Where envelopes and dead letters wait. */
export const redis = z
  .strictObject({
    url: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, says('is not the URL of a Redis', 'write redis://host:6379'))
      .describe('redis:// or rediss:// (TLS), with user and password where there are some'),
    prefix: text()
      .default('{capi-relay}')
      .describe('begin of every key; the braces keep all of them in one slot of a cluster'),
  })
  .prefault({} as never)
  .describe('Where envelopes and dead letters wait. Needs `noeviction` and an append-only file.');
