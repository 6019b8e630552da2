import type { KafkaConfiguration, RedisConfiguration, RedisTls } from './configuration.ts';
import type { Problems } from './problems.ts';
import { resolveLogin } from './resolve-login.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';
import type { SecretReader } from './secret-reader.ts';
import { given, readTls, type TlsFiles } from './tls-files.ts';

type FileRedis = ConfigurationFile['redis'];

/** Its secrets are read here to find what is wrong with them, and again by each connection. */
export async function resolveRedis(
  { url, prefix, username, password, passwordFile, tls }: FileRedis,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisConfiguration> {
  if (password !== undefined || passwordFile !== undefined) {
    await secrets.read(['redis'], 'password', { password, passwordFile });
  }
  return {
    url,
    prefix,
    ...given({ username, password }),
    ...(passwordFile === undefined ? {} : { passwordFile: secrets.locate(passwordFile) }),
    ...(tls === null ? {} : { tls: await resolveRedisTls(tls, secrets, problems) }),
  };
}

async function resolveRedisTls(
  tls: TlsFiles,
  secrets: SecretReader,
  problems: Problems,
): Promise<RedisTls> {
  const { passphrase } = await readTls(['redis', 'tls'], tls, secrets, problems);
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
