import { z } from 'zod';
import { says, section, text, tlsFiles } from './values.ts';

const tls = z.strictObject({
  ...tlsFiles,
  serverName: text()
    .optional()
    .describe('host name in the certificate of Redis, where it is not the one of `url`'),
});

export const redisSchema = section(
  'Holds envelopes and dead letters. Needs `noeviction` and an append-only file.',
  {
    url: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, says('must be a Redis URL', 'write it like redis://host:6379'))
      .describe('redis:// or rediss:// (TLS), with user and password if there are any'),
    username: text().optional().describe('user of the access control list; none: `default`'),
    password: text().optional().describe('password, instead of one in `url`'),
    passwordFile: text()
      .optional()
      .describe('file that holds the password; read again at each connection'),
    tls: tls
      .nullable()
      .default(null)
      .describe(
        'files and settings for a rediss:// URL; read again at each connection; `null`: public authorities, no client certificate',
      ),
    prefix: text()
      .default('{capi-relay}')
      .describe('prefix of every key; the braces keep all keys in one slot of a cluster'),
  },
);
