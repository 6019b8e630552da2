import { z } from 'zod';
import { count, distinct, port, says, text } from './values.ts';

const user = z.strictObject({
  name: z
    .string()
    .regex(
      /^[^\s:]{1,64}$/,
      says('is not the name of a user', 'write it without blanks and colons'),
    )
    .describe('who it is; the audit trail says so'),
  password: text()
    .optional()
    .describe('what the browser asks for; a program sends it as bearer token'),
  passwordFile: text().optional().describe('a file that holds it'),
  role: z
    .enum(['viewer', 'operator'])
    .default('viewer')
    .describe('an operator may also replay and purge, where actions are on'),
});

const proxy = z.strictObject({
  addresses: distinct(text()).describe('addresses of the proxy; nobody else is believed'),
  userHeader: text().default('x-forwarded-user').describe('header in which it says who it is'),
  operators: z
    .array(text())
    .default([])
    .describe('users who may replay and purge, where actions are on'),
});

/** The pages for people. */
export const console = z
  .strictObject({
    host: text()
      .default('127.0.0.1')
      .describe(
        'address to listen on; other machines are let in only where users or a proxy are named',
      ),
    port: port(9103).describe(
      'of the pages, and of /metrics, /livez and /readyz; 0 picks a free one',
    ),
    behindTlsProxy: z
      .boolean()
      .default(false)
      .describe(
        'says that other machines reach the port only through a proxy that speaks TLS; without it, users need the console to listen on this machine alone',
      ),
    actions: z
      .boolean()
      .default(false)
      .describe('let operators replay and purge; `--allow-actions` says the same'),
    users: z.array(user).default([]).describe('who may look; none: everybody on this machine'),
    proxy: proxy
      .nullable()
      .default(null)
      .describe('a proxy in front that knows who asks, and that replaces its header'),
    backupFolder: text()
      .default('.')
      .describe('folder in which what is purged is written down first, still sealed'),
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
  })
  .prefault({})
  .describe('The pages for people.');
