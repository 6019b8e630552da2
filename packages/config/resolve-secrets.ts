import { PLAIN_REQUEST } from '#core/record/request-members.ts';
import type {
  Configuration,
  ControlConfiguration,
  PixelConfiguration,
  SealingConfiguration,
} from './configuration.ts';
import { looksHashed, parsePasswordHash } from './password-hash.ts';
import type { KeyPath, Problems } from './problems.ts';
import { resolveKafka, resolveRedis, resolveSchemaRegistry } from './resolve-connections.ts';
import type { ConfigurationFile, ValidSections } from './schema/configuration-file.ts';
import type { SecretReader } from './secret-reader.ts';

const KEY_BYTES = 32;

/** The characters that a header can carry. Source: RFC 9110, field values. */
const TOKEN = /^[\x21-\x7e]*$/;

/** The sections that hold secrets, with their secrets read. */
export type Resolved = Pick<
  Configuration,
  'kafka' | 'schemaRegistry' | 'redis' | 'sealing' | 'control' | 'metrics' | 'pixels'
>;

/** Reads the secrets of a file and adds a problem for each that is missing or invalid. */
export async function resolveSecrets(
  { kafka, schemaRegistry, redis, sealing, control, metrics, pixels }: ValidSections,
  secrets: SecretReader,
  problems: Problems,
): Promise<Partial<Resolved>> {
  return {
    ...(kafka && { kafka: await resolveKafka(kafka, secrets, problems) }),
    schemaRegistry: await resolveSchemaRegistry(schemaRegistry, kafka, secrets, problems),
    ...(redis && { redis: await resolveRedis(redis, secrets, problems) }),
    ...(sealing && { sealing: await resolveSealing(sealing, secrets, problems) }),
    ...(control && { control: await resolveControl(control, secrets, problems) }),
    ...(metrics && { metrics: await resolveMetrics(metrics, secrets, problems) }),
    pixels: await resolvePixels(pixels, secrets, problems),
  };
}

async function resolveSealing(
  sealing: ConfigurationFile['sealing'],
  secrets: SecretReader,
  problems: Problems,
): Promise<SealingConfiguration> {
  if (sealing === 'off') return null;
  const keys = [];
  for (const [index, key] of sealing.keys.entries()) {
    const path = ['sealing', 'keys', index];
    const text = await secrets.read(path, 'key', key);
    const bytes = decodeKey(text);
    if (text !== '' && bytes?.length !== KEY_BYTES) {
      const message = `must be ${KEY_BYTES} bytes in base64 or hexadecimal`;
      const given = [...path, key.keyFile === undefined ? 'key' : 'keyFile'];
      problems.add(given, message, 'create one with: openssl rand -base64 32');
    }
    keys.push({ id: key.id, key: bytes ?? Buffer.alloc(0) });
  }
  const { currentKey, acceptUnsealed, acceptVersion1 } = sealing;
  return { currentKey, keys, acceptUnsealed, acceptVersion1 };
}

/** Null for what is neither encoding; Node itself skips characters that it cannot read. */
function decodeKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

async function resolveControl(
  control: ConfigurationFile['control'],
  secrets: SecretReader,
  problems: Problems,
): Promise<ControlConfiguration> {
  const users = [];
  for (const [index, user] of control.users.entries()) {
    const password = await secrets.read(['control', 'users', index], 'password', user);
    checkPassword(password, ['control', 'users', index, 'password'], problems);
    users.push({ name: user.name, role: user.role, password });
  }
  return { ...control, users };
}

async function resolveMetrics(
  metrics: ConfigurationFile['metrics'],
  secrets: SecretReader,
  problems: Problems,
): Promise<Configuration['metrics']> {
  const { detailedPixels } = metrics;
  if (metrics.token === undefined && metrics.tokenFile === undefined) {
    return { detailedPixels, token: null };
  }
  const token = await secrets.read(['metrics'], 'token', metrics);
  checkToken(token, ['metrics', 'token'], problems);
  checkLength(token, ['metrics', 'token'], problems);
  return { detailedPixels, token };
}

async function resolvePixels(
  pixels: ValidSections['pixels'],
  secrets: SecretReader,
  problems: Problems,
): Promise<PixelConfiguration[]> {
  const resolved: PixelConfiguration[] = [];
  for (const [index, pixel] of pixels.entries()) {
    if (pixel === null) continue;
    const { accessTokenFile, appSecretFile, ...rest } = pixel;
    const read = async (name: 'accessToken' | 'appSecret') => {
      const secret = await secrets.read(['pixels', index], name, pixel);
      checkToken(secret, ['pixels', index, name], problems);
      return secret;
    };
    const hasSecret = pixel.appSecret !== undefined || appSecretFile !== undefined;
    resolved.push({
      ...rest,
      accessToken: await read('accessToken'),
      appSecret: hasSecret ? await read('appSecret') : null,
      shadow: await resolveShadow(pixel.shadow, index, secrets, problems),
    });
  }
  return resolved;
}

async function resolveShadow(
  shadow: ConfigurationFile['pixels'][number]['shadow'],
  index: number,
  secrets: SecretReader,
  problems: Problems,
): Promise<PixelConfiguration['shadow']> {
  if (shadow === null) return null;
  const path = ['pixels', index, 'shadow'];
  const accessToken = await secrets.read(path, 'accessToken', shadow);
  checkToken(accessToken, [...path, 'accessToken'], problems);
  const { pixelId, share, testEventCode } = shadow;
  return { ...PLAIN_REQUEST, pixelId, share, testEventCode, accessToken };
}

function checkToken(token: string, path: KeyPath, problems: Problems): void {
  if (TOKEN.test(token)) return;
  const message = 'contains spaces, line breaks or characters that no token has';
  problems.add(path, message, 'copy the token again, without anything around it');
}

/** A secret that can be tried out over the network must not be guessable in reasonable time. */
export const MIN_SECRET_LENGTH = 12;

function checkLength(secret: string, path: KeyPath, problems: Problems): void {
  // An empty one has been reported already.
  if (secret === '' || secret.length >= MIN_SECRET_LENGTH) return;
  const message = `has fewer than ${MIN_SECRET_LENGTH} characters, so that it can be guessed`;
  problems.add(path, message, 'create one with: openssl rand -base64 24');
}

function checkPassword(password: string, path: KeyPath, problems: Problems): void {
  if (!looksHashed(password)) {
    checkLength(password, path, problems);
  } else if (parsePasswordHash(password) === null) {
    const message = 'starts like a hash, but is not one, or its cost is out of bounds';
    problems.add(path, message, 'create one with: capi-relay hash-password');
  }
}
