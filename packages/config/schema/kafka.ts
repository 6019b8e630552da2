import { z } from 'zod';
import { count, distinct, says, text } from './values.ts';

const broker = z
  .string()
  .regex(
    /^(\[[\da-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/,
    says('is not host:port', 'write it like 127.0.0.1:9092'),
  );

const files = z.strictObject({
  caFile: text().optional().describe('certificate of a private authority'),
  certFile: text().optional().describe('certificate of this client'),
  keyFile: text().optional().describe('key of this client'),
  rejectUnauthorized: z
    .boolean()
    .default(true)
    .describe('false trusts whoever answers: for tests only'),
});

const sasl = z.strictObject({
  mechanism: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).describe('how to log in'),
  username: text().describe('the user that brokers know'),
  password: text().optional().describe('its password'),
  passwordFile: text().optional().describe('a file that holds its password'),
});

/** How to reach the brokers, and what to read. */
export const kafka = z
  .strictObject({
    brokers: distinct(broker).describe('brokers to begin with, host:port each'),
    clientId: text().default('capi-relay').describe('name by which brokers know this process'),
    groupId: text()
      .default('capi-relay')
      .describe('consumer group; those of one group share the work'),
    topics: distinct(text()).describe('topics that hold Track events'),
    metadataMaxAgeMs: count(30_000).describe(
      'how often brokers are asked for new partitions: after that long at most they are read',
    ),
    ssl: z
      .union([z.boolean(), files])
      .default(false)
      .describe('true for TLS, or the files that it takes'),
    sasl: sasl.nullable().default(null).describe('credentials, where brokers ask for them'),
  })
  .prefault({} as never)
  .describe('Where Track events come from.');
