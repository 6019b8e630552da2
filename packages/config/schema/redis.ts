import { z } from 'zod';
import { says, section, text } from './values.ts';

export const redisSchema = section(
  'Holds envelopes and dead letters. Needs `noeviction` and an append-only file.',
  {
    url: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, says('must be a Redis URL', 'write it like redis://host:6379'))
      .describe('redis:// or rediss:// (TLS), with user and password if there are any'),
    prefix: text()
      .default('{capi-relay}')
      .describe('prefix of every key; the braces keep all keys in one slot of a cluster'),
  },
);
