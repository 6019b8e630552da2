import { isIP } from 'node:net';
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
    .describe(
      'what the browser asks for, at least 12 characters, or its hash as `capi-relay hash-password` prints it; a program may send one that is not hashed as bearer token',
    ),
  passwordFile: text().optional().describe('a file that holds it'),
  role: z
    .enum(['viewer', 'operator'])
    .default('viewer')
    .describe('an operator may also replay and purge, where actions are on'),
});

const network = z
  .string()
  .refine(isNetwork, says('is no address and no network', 'write it like 10.0.0.7 or 10.0.0.0/8'));

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

const proxy = z.strictObject({
  addresses: distinct(text()).describe('addresses of the proxy; nobody else is believed'),
  userHeader: text().default('x-forwarded-user').describe('header in which it says who it is'),
  operators: z
    .array(text())
    .default([])
    .describe('users who may replay and purge, where actions are on'),
});

/** The control plane: pages for people, and the duties of the whole fleet. */
export const control = z
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
        'says that other machines reach the port only through a proxy that speaks TLS; without it, control with users may listen on this machine alone',
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
    trustedProxies: z
      .array(network)
      .default([])
      .describe(
        'addresses or networks of proxies whose `X-Forwarded-For` is believed, so that wrong passwords are counted for whoever sent them instead of for the proxy',
      ),
    backupFolder: text()
      .default('.')
      .describe('folder in which what is purged is written down first, still sealed'),
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
  })
  .prefault({})
  .describe('The pages for people, and the duties of the whole fleet.');
