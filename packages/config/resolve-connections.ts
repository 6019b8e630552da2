import type {
  KafkaConfiguration,
  RedisConfiguration,
  RedisLogin,
  RedisSentinels,
  RedisTls,
  SchemaRegistryConfiguration,
} from './configuration.ts';
import type { KeyPath, Problems } from './problems.ts';
import { resolveLogin } from './resolve-login.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';
import type { SecretReader } from './secret-reader.ts';
import { given, readTls, type TlsFiles } from './tls-files.ts';

type FileRedis = ConfigurationFile['redis'];

/** Its secrets are read here to find what is wrong with them, and again by each connection. */
export async function resolveRedis(
  { url, sentinels, cluster, prefix, tls, ...login }: FileRedis,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisConfiguration> {
  return {
    prefix,
    ...(await locateSecrets(['redis'], { ...login, tls }, secrets, problems)),
    ...(sentinels === null
      ? cluster === null
        ? { url: url ?? '' }
        : { cluster }
      : { sentinels: await resolveSentinels(sentinels, secrets, problems) }),
  };
}

async function resolveSentinels(
  { nodes, name, ...secured }: NonNullable<FileRedis['sentinels']>,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisSentinels> {
  const path = ['redis', 'sentinels'];
  return { nodes, name, ...(await locateSecrets(path, secured, secrets, problems)) };
}

/** A login and TLS, with their files located. */
async function locateSecrets(
  path: KeyPath,
  {
    username,
    password,
    passwordFile,
    tls,
  }: Pick<FileRedis, 'username' | 'password' | 'passwordFile' | 'tls'>,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisLogin & { readonly tls?: RedisTls }> {
  if (password !== undefined || passwordFile !== undefined) {
    await secrets.read(path, 'password', { password, passwordFile });
  }
  return {
    ...given({ username, password }),
    ...(passwordFile === undefined ? {} : { passwordFile: secrets.locate(passwordFile) }),
    ...(tls === null
      ? {}
      : { tls: await resolveRedisTls([...path, 'tls'], tls, secrets, problems) }),
  };
}

async function resolveRedisTls(
  path: KeyPath,
  tls: TlsFiles,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisTls> {
  const { passphrase } = await readTls(path, tls, secrets, problems);
  const { caFile, certFile, keyFile, serverName } = tls;
  const files = Object.entries(given({ caFile, certFile, keyFile }));
  const located = files.map(([name, file]) => [name, secrets.locate(file)] as const);
  return {
    ...Object.fromEntries(located),
    ...given({ serverName, keyPassphrase: passphrase }),
  };
}

export async function resolveKafka(
  kafka: ConfigurationFile['kafka'],
  secrets: SecretReader,
  problems: Problems,
): Promise<KafkaConfiguration> {
  const { sasl, ssl } = kafka;
  return {
    ...kafka,
    ssl: typeof ssl === 'boolean' ? ssl : await resolveKafkaTls(ssl, secrets, problems),
    sasl: sasl && (await resolveLogin(sasl, secrets, problems)),
  };
}

async function resolveKafkaTls(
  ssl: Exclude<ConfigurationFile['kafka']['ssl'], boolean>,
  secrets: SecretReader,
  problems: Problems,
): Promise<KafkaConfiguration['ssl']> {
  const { rejectUnauthorized, serverName } = ssl;
  const read = await readTls(['kafka', 'ssl'], ssl, secrets, problems);
  return { rejectUnauthorized, ...given({ ...read, servername: serverName }) };
}

export async function resolveSchemaRegistry(
  registry: ConfigurationFile['schemaRegistry'] | undefined,
  kafka: Pick<ConfigurationFile['kafka'], 'topics'> | undefined,
  secrets: SecretReader,
  problems: Problems,
): Promise<SchemaRegistryConfiguration | null> {
  if (registry === null || registry === undefined) return null;
  const path = ['schemaRegistry'];
  const { urls, timeoutMs, username, password, passwordFile, token, tokenFile } = registry;
  const hasToken = token !== undefined || tokenFile !== undefined;
  const hasPassword = password !== undefined || passwordFile !== undefined;
  if (hasToken && username !== undefined) {
    problems.add([...path, 'token'], 'stands beside a username', 'keep one way to log in');
  } else if (hasPassword && username === undefined) {
    problems.add([...path, 'username'], 'is missing', 'add it: the password needs it');
  }
  return {
    urls,
    topics: registry.topics ?? kafka?.topics ?? [],
    timeoutMs,
    ...given({
      username,
      password: hasPassword ? await secrets.read(path, 'password', registry) : undefined,
      token: hasToken ? await secrets.read(path, 'token', registry) : undefined,
    }),
    ...(registry.tls === null ? {} : { tls: await registryTls(registry.tls, secrets, problems) }),
  };
}

async function registryTls(
  tls: NonNullable<NonNullable<ConfigurationFile['schemaRegistry']>['tls']>,
  secrets: SecretReader,
  problems: Problems,
): Promise<NonNullable<SchemaRegistryConfiguration['tls']>> {
  const read = await readTls(['schemaRegistry', 'tls'], tls, secrets, problems);
  return given({ ...read, servername: tls.serverName });
}
