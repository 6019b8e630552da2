import { isIP } from 'node:net';
import { z } from 'zod';
import {
  count,
  distinct,
  flag,
  port,
  says,
  section,
  stopTimeoutMs,
  text,
  textOrNone,
  texts,
} from './values.ts';

const user = z.strictObject({
  name: z
    .string()
    .regex(/^[^\s:]{1,64}$/, says('is not a valid user name', 'write it without spaces and colons'))
    .describe('user name, as the audit trail records it'),
  password: text()
    .optional()
    .describe(
      'at least 12 characters, or the hash that `capi-relay hash-password` prints; a program may send a password that is not hashed here as bearer token',
    ),
  passwordFile: text().optional().describe('file that holds the password or its hash'),
  role: z
    .enum(['viewer', 'operator'])
    .default('viewer')
    .describe('an operator may also replay and purge, if actions are on'),
});

const network = z
  .string()
  .refine(
    isNetwork,
    says('must be an address or a network', 'write it like 10.0.0.7 or 10.0.0.0/8'),
  );

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

const proxy = z.strictObject({
  addresses: distinct(text()).describe(
    'addresses of the proxy; its header is ignored from any other address',
  ),
  userHeader: text().default('x-forwarded-user').describe('header with the user name'),
  operators: texts([]).describe('users who may replay and purge, if actions are on'),
});

const quality = section("Meta's own view of the quality of the events", {
  enabled: flag(false).describe(
    "ask Meta's Dataset Quality API for each pixel; control then needs a way to graphApi.url, and the tokens need the permission to read it",
  ),
  everyMinutes: count(60, 1440).describe('how often each pixel is asked for'),
  agentName: textOrNone().describe(
    'count only events that were sent with this `partner_agent`, in its normalised form',
  ),
  criticalPercentage: z
    .number()
    .min(1)
    .max(100)
    .default(50)
    .describe(
      'a diagnostic of Meta that affects at least this share of the events of a name, in percent, is critical: Meta gives them no severity',
    ),
  ignoredDiagnostics: texts(['Update your IPv4 IP addresses to IPv6 IP addresses']).describe(
    'names of diagnostics that are never critical',
  ),
});

/** The control plane: pages for people, and the duties of the whole fleet. */
export const controlSchema = section('The pages for people, and the duties of the whole fleet.', {
  host: text()
    .default('127.0.0.1')
    .describe(
      'address to listen on; other machines are accepted only if users or a proxy are configured',
    ),
  port: port(9103).describe('port of the pages, /metrics, /livez and /readyz; 0 picks a free one'),
  behindTlsProxy: flag(false).describe(
    'confirms that other machines reach the port only through a TLS proxy; without it, control with users may listen on this machine only',
  ),
  actions: flag(false).describe('let operators replay and purge, as `--allow-actions` does'),
  users: z
    .array(user)
    .default([])
    .describe('users who may log in; if empty, everyone on this machine may read'),
  proxy: proxy
    .nullable()
    .default(null)
    .describe('a proxy in front that authenticates users and overwrites the header'),
  trustedProxies: z
    .array(network)
    .default([])
    .describe(
      'addresses or networks of proxies whose `X-Forwarded-For` is trusted, so that wrong passwords count against the client and not against the proxy',
    ),
  backupFolder: text()
    .default('.')
    .describe('folder for the backups of purged dead letters, which stay sealed'),
  quality,
  stopTimeoutMs: stopTimeoutMs(),
});
