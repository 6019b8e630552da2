import { z } from 'zod';
import { distinct, says, section, text, tlsFiles } from './values.ts';

const server = (port: number) =>
  z
    .string()
    .regex(
      /^(\[[\da-fA-F:.]+\]|[^\s:/@[\]]+):\d{1,5}$/,
      says('must be host:port', `write it like redis-1:${port}`),
    );

const tls = (description: string) =>
  z
    .strictObject({
      ...tlsFiles,
      serverName: text()
        .optional()
        .describe('host name in the certificate, where it is not the one that is connected to'),
    })
    .nullable()
    .default(null)
    .describe(description);

const sentinels = z.strictObject({
  nodes: distinct(server(26_379)).describe('the Sentinels, each as host:port'),
  name: text().describe('name under which they watch the primary, such as `mymaster`'),
  username: text().optional().describe('user of the Sentinels; none: `default`'),
  password: text().optional().describe('password of the Sentinels, if they want one'),
  passwordFile: text()
    .optional()
    .describe('file that holds it; read again at each connection to a Sentinel'),
  tls: tls(
    'TLS to the Sentinels, as in `redis.tls`; `{}`: public authorities, no client certificate; `null`: no TLS',
  ),
});

const cluster = z.strictObject({
  nodes: distinct(server(6379)).describe('nodes to find the others by, each as host:port'),
});

export const redisSchema = section(
  'Holds envelopes and dead letters. Needs `noeviction` and an append-only file. Exactly one of `url`, `sentinels` and `cluster` says where it is.',
  {
    url: z
      .string()
      .regex(/^rediss?:\/\/\S+$/, says('must be a Redis URL', 'write it like redis://host:6379'))
      .optional()
      .describe('redis:// or rediss:// (TLS), with user and password if there are any'),
    sentinels: sentinels
      .nullable()
      .default(null)
      .describe('Sentinels that say which server is the primary, in place of `url`'),
    cluster: cluster
      .nullable()
      .default(null)
      .describe('a Redis Cluster, in place of `url`; the slot of `prefix` holds everything'),
    username: text().optional().describe('user of the access control list; none: `default`'),
    password: text().optional().describe('password, instead of one in `url`'),
    passwordFile: text()
      .optional()
      .describe('file that holds the password; read again at each connection'),
    tls: tls(
      'files and settings for TLS; read again at each connection; `null`: public authorities and no client certificate for a rediss:// URL, and no TLS with `sentinels` or `cluster`',
    ),
    prefix: text()
      .default('{capi-relay}')
      .describe('prefix of every key; the braces keep all keys in one slot of a cluster'),
  },
);
