import { z } from 'zod';
import { count, distinct, flag, says, section, text, tlsFiles } from './values.ts';

const broker = z
  .string()
  .regex(
    /^(\[[\da-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/,
    says('must be host:port', 'write it like 127.0.0.1:9092'),
  );

const files = z.strictObject({
  ...tlsFiles,
  serverName: text()
    .optional()
    .describe('host name in the certificate of the brokers, where it is not their own'),
  rejectUnauthorized: flag(true).describe('`false` accepts any certificate: for tests only'),
});

const sasl = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .describe('authentication mechanism'),
  username: text().describe('user name'),
  password: text().optional().describe('password'),
  passwordFile: text().optional().describe('file that holds the password'),
});

export const kafkaSchema = section('Where Track events come from.', {
  brokers: distinct(broker).describe('bootstrap brokers, each as host:port'),
  clientId: text().default('capi-relay').describe('client id that brokers see'),
  groupId: text()
    .default('capi-relay')
    .describe('consumer group; its members share the partitions'),
  topics: distinct(text()).describe('topics to read Track events from'),
  metadataMaxAgeMs: count(30_000).describe(
    'how often metadata is refreshed; a new partition is read after this time at the latest',
  ),
  ssl: z
    .union([z.boolean(), files])
    .default(false)
    .describe('`true` for TLS, or its files and settings'),
  sasl: sasl.nullable().default(null).describe('credentials, if the brokers require them'),
});

export const deadLettersSchema = section('Where dead letters go besides Redis.', {
  topic: text()
    .nullable()
    .default(null)
    .describe('topic to which every dead letter is also published; it must exist; `null`: none'),
});
