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
    .enum(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer', 'aws-msk-iam'])
    .describe('authentication mechanism'),
  username: text().optional().describe('user name, for plain and scram'),
  password: text().optional().describe('password'),
  passwordFile: text().optional().describe('file that holds the password'),
  tokenUrl: z
    .url({ protocol: /^https?$/, error: says('must be a URL', 'write it like https://host/token') })
    .optional()
    .describe('oauthbearer: token endpoint of the identity provider'),
  tokenCaFile: text().optional().describe('its CA certificate, for a private authority'),
  clientId: text().optional().describe('oauthbearer: client that the token is for'),
  clientSecret: text().optional().describe('secret of the client'),
  clientSecretFile: text().optional().describe('file that holds the secret'),
  scope: text().optional().describe('scopes to ask for, with spaces between them'),
  clientAuthentication: z
    .enum(['header', 'body'])
    .optional()
    .describe('where the token endpoint wants client and secret; by default in the header'),
  extensions: z
    .record(
      z
        .string()
        .regex(/^(?!auth$)[A-Za-z]+$/, says('is not an extension', 'use letters only, not auth')),
      z.string().regex(/^[\x21-\x7e \t]+$/, says('has odd characters', 'use printable ASCII')),
    )
    .optional()
    .describe('oauthbearer: what the brokers want besides the token, such as `logicalCluster`'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, says('is not a region', 'write it like eu-central-1'))
    .optional()
    .describe('aws-msk-iam: region of the cluster'),
  roleArn: text().optional().describe('aws-msk-iam: role to assume first'),
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

export const deadLettersSchema = section(
  'Where dead letters go besides Redis, and when those go that cannot be sent.',
  {
    topic: text()
      .nullable()
      .default(null)
      .describe('topic to which every dead letter is also published; it must exist; `null`: none'),
    purgeExpiredAfterDays: z
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .default(null)
      .describe(
        'control purges a dead letter that is past its horizon, this many days after it died, with a backup in `control.backupFolder` and an entry in the audit trail; `null`: never',
      ),
  },
);

/** HTTP of a schema registry; its credentials have keys of their own. */
const registryUrl = z
  .url({
    protocol: /^https?$/,
    error: says('must be a URL', 'write it like https://registry:8081'),
  })
  .refine(
    (value) => {
      const { username, password, search, hash } = new URL(value);
      return username + password + search + hash === '';
    },
    says('holds more than an address', 'give credentials as username and passwordFile'),
  );

export const schemaRegistrySchema = z
  .strictObject({
    urls: distinct(registryUrl).describe(
      'addresses of the registry, with the path of its API if it has one; the next is asked where one does not answer',
    ),
    topics: distinct(text())
      .nullable()
      .default(null)
      .describe('topics whose messages name schemas; `null`: all of `kafka.topics`'),
    username: text().optional().describe('user name, or API key'),
    password: text().optional().describe('its password, or the secret of the key'),
    passwordFile: text().optional().describe('file that holds the password'),
    token: text().optional().describe('bearer token, in place of user name and password'),
    tokenFile: text().optional().describe('file that holds the token'),
    tls: z
      .strictObject({
        ...tlsFiles,
        serverName: text()
          .optional()
          .describe('host name in the certificate of the registry, where it is not its own'),
      })
      .nullable()
      .default(null)
      .describe('files of TLS, for a private authority or a client certificate'),
    timeoutMs: count(5000, 60_000).describe('longest wait for an answer'),
  })
  .nullable()
  .default(null)
  .describe(
    'Where the schemas of messages in Avro, Protobuf or JSON Schema are, in the wire format of Confluent; `null`: every message is plain JSON.',
  );
