import type { KafkaLoginConfiguration } from './configuration.ts';
import type { Problems } from './problems.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';
import type { SecretReader } from './secret-reader.ts';
import { checkCertificate, given } from './tls-files.ts';

type FileLogin = NonNullable<ConfigurationFile['kafka']['sasl']>;
type Key = Exclude<keyof FileLogin, 'mechanism'>;

const PATH = ['kafka', 'sasl'];

const WITH_PASSWORD: readonly Key[] = ['username', 'password', 'passwordFile'];

/** The keys that each mechanism has; without the others. */
const KEYS: Readonly<Record<FileLogin['mechanism'], readonly Key[]>> = {
  plain: WITH_PASSWORD,
  'scram-sha-256': WITH_PASSWORD,
  'scram-sha-512': WITH_PASSWORD,
  oauthbearer: [
    'tokenUrl',
    'tokenCaFile',
    'clientId',
    'clientSecret',
    'clientSecretFile',
    'scope',
    'clientAuthentication',
    'extensions',
  ],
  'aws-msk-iam': ['region', 'roleArn'],
};

/** Reads the secrets of a login, and adds a problem for what its mechanism lacks or does not have. */
export async function resolveLogin(
  sasl: FileLogin,
  secrets: SecretReader,
  problems: Problems,
): Promise<KafkaLoginConfiguration> {
  const { mechanism } = sasl;
  const own: readonly string[] = KEYS[mechanism];
  for (const name of Object.keys(sasl)) {
    if (name === 'mechanism' || own.includes(name)) continue;
    const fix = `remove it; ${mechanism} has ${own.join(', ')}`;
    problems.add([...PATH, name], `is not for the mechanism ${mechanism}`, fix);
  }
  const required = (name: Key, value: string | undefined): string => {
    if (value !== undefined) return value;
    problems.add([...PATH, name], 'is missing', `add it: ${mechanism} needs it`);
    return '';
  };
  switch (mechanism) {
    case 'oauthbearer':
      return resolveBearer(sasl, required, secrets, problems);
    case 'aws-msk-iam':
      return {
        mechanism,
        region: required('region', sasl.region),
        ...given({ roleArn: sasl.roleArn }),
      };
    default:
      return {
        mechanism,
        username: required('username', sasl.username),
        password: await secrets.read(PATH, 'password', sasl),
      };
  }
}

async function resolveBearer(
  sasl: FileLogin,
  required: (name: Key, value: string | undefined) => string,
  secrets: SecretReader,
  problems: Problems,
): Promise<KafkaLoginConfiguration> {
  const { tokenCaFile, scope, clientAuthentication = 'header', extensions = {} } = sasl;
  const path = [...PATH, 'tokenCaFile'];
  const ca = tokenCaFile === undefined ? undefined : await secrets.readFile(path, tokenCaFile);
  checkCertificate(path, ca, problems);
  return {
    mechanism: 'oauthbearer',
    tokenUrl: required('tokenUrl', sasl.tokenUrl),
    clientId: required('clientId', sasl.clientId),
    clientSecret: await secrets.read(PATH, 'clientSecret', sasl),
    clientAuthentication,
    extensions,
    ...given({ ca, scope }),
  };
}
