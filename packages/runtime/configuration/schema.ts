import { z } from 'zod';
import { pixelSchema } from './pixel-schema.ts';

const ms = (value: number) => z.int().min(0).default(value);
const count = (value: number) => z.int().min(1).default(value);
const port = (value: number) => z.int().min(0).max(65_535).default(value);
const ratio = (value: number) => z.number().min(0).max(1).default(value);
const url = (protocols: RegExp, message: string) => z.string().regex(protocols, message);

const kafka = z.strictObject({
  brokers: z.array(z.string().min(1)).min(1).describe('host:port of each; KAFKA_BROKERS overrides'),
  clientId: z.string().min(1).default('capi-relay').describe('name that brokers see'),
  groupId: z.string().min(1).default('capi-relay').describe('consumer group of ingest'),
  topics: z.array(z.string().min(1)).min(1).describe('topics that hold Track events'),
  ssl: z
    .union([
      z.boolean(),
      z.strictObject({
        caFile: z.string().optional().describe('certificates to trust'),
        certFile: z.string().optional().describe('our own certificate'),
        keyFile: z.string().optional().describe('its private key'),
        rejectUnauthorized: z
          .boolean()
          .default(true)
          .describe('false trusts any certificate: for tests only'),
      }),
    ])
    .default(false)
    .describe('true, or files of a private authority and of a client certificate'),
  sasl: z
    .strictObject({
      mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('how to log in'),
      username: z.string().min(1).describe('as whom'),
      password: z.string().optional().describe('the password'),
      passwordFile: z.string().optional().describe('a file that holds it'),
    })
    .nullable()
    .default(null)
    .describe('credentials for the brokers'),
});

const redis = z.strictObject({
  url: url(/^rediss?:\/\//, 'starts with redis:// or rediss://').describe(
    'redis://user:password@host:port/database; REDIS_URL overrides',
  ),
  prefix: z
    .string()
    .min(1)
    .default('{capi-relay}')
    .describe('begin of every key; the braces keep them in one slot of a cluster'),
});

const graphApi = z.strictObject({
  url: url(/^https?:\/\//, 'starts with http:// or https://')
    .default('https://graph.facebook.com')
    .describe('where Meta answers; GRAPH_API_URL overrides'),
  version: z
    .string()
    .regex(/^v\d+\.\d+$/, 'looks like v25.0')
    .default('v25.0')
    .describe('version of the Graph API'),
  timeoutMs: count(10_000).describe('how long to wait for an answer'),
});

const sealing = z
  .union([
    z.literal('off'),
    z.strictObject({
      currentKey: z.string().min(1).describe('id of the key that seals'),
      keys: z
        .array(
          z.strictObject({
            id: z.string().min(1).max(64).describe('what it is called beside what it sealed'),
            key: z.string().optional().describe('32 bytes, base64 or hexadecimal'),
            keyFile: z.string().optional().describe('a file that holds them'),
          }),
        )
        .min(1)
        .describe('every key that may still have to open something'),
    }),
  ])
  .describe('keys that keep personal data unreadable in Redis; "off" is for developers');

const ingest = z
  .strictObject({
    port: port(9101).describe('of /metrics, /livez and /readyz; 0 picks a free one'),
    envelope: z
      .strictObject({
        maxEvents: count(250).describe('of an envelope at the most'),
        maxBytes: count(262_144).describe('before compressing'),
        lingerMs: ms(50).describe('how long events wait for more of them'),
      })
      .prefault({}),
    maxMessageBytes: count(1_048_576).describe('larger messages become dead letters'),
    sessionTimeoutMs: count(30_000).describe(
      'how long Kafka waits for a sign of a member before its partitions go to another one',
    ),
    commitIntervalMs: count(2000).describe('how often offsets are committed to Kafka'),
    backpressure: z
      .strictObject({
        pauseAtEvents: count(500_000).describe('events in Redis at which Kafka is held back'),
        resumeAtEvents: count(250_000).describe('events at which reading goes on'),
        pauseAtMemoryRatio: ratio(0.7).describe('used share of maxmemory at which it is held back'),
        resumeAtMemoryRatio: ratio(0.6).describe('used share at which reading goes on'),
        pollMs: count(250).describe('how often both are looked at'),
      })
      .prefault({}),
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
  })
  .prefault({});

const worker = z
  .strictObject({
    port: port(9102).describe('of /metrics, /livez and /readyz; 0 picks a free one'),
    envelopesPerPixel: count(32).describe('held at once by one worker, for each pixel'),
    requestsPerPixel: count(4).describe('under way at once by one worker, for each pixel'),
    batch: z
      .strictObject({
        maxEvents: z.int().min(1).max(1000).default(1000).describe('Meta takes at most 1,000'),
        maxBytes: count(4_194_304).describe('of a request body'),
        lingerMs: ms(50).describe('how long events wait for more of them'),
      })
      .prefault({}),
    lockMs: count(30_000).describe(
      'how long envelopes of a worker without a sign of life wait before another one takes them',
    ),
    gzip: z
      .boolean()
      .default(false)
      .describe('compress request bodies; Meta does not document that it takes them'),
    retry: z
      .strictObject({
        attempts: count(12).describe('then the events become dead letters'),
        baseMs: count(1000).describe('rest after the first failure; it doubles each time'),
        capMs: count(600_000).describe('longest rest'),
      })
      .prefault({}),
    throttle: z
      .strictObject({ defaultMs: count(60_000).describe('wait when Meta does not say how long') })
      .prefault({}),
    blocked: z
      .strictObject({ probeMs: count(30_000).describe('how often a blocked pixel is tried again') })
      .prefault({}),
    stopTimeoutMs: count(30_000).describe('how long an orderly stop may take'),
  })
  .prefault({});

const log = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error'])
      .default('info')
      .describe('the least important lines that are printed'),
  })
  .prefault({});

/** The configuration file. */
export const fileSchema = z.strictObject({
  kafka,
  redis,
  graphApi: graphApi.prefault({}),
  sealing,
  ingest,
  worker,
  log,
  pixels: z.array(pixelSchema).min(1).describe('where events are delivered to'),
});

export type ConfigurationFile = z.infer<typeof fileSchema>;
