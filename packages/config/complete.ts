import type {
  Configuration,
  ControlConfiguration,
  KafkaConfiguration,
  MetricsConfiguration,
  PixelConfiguration,
  SealingConfiguration,
} from './configuration.ts';
import type { Parts } from './parts.ts';
import { looksHashed, parsePasswordHash } from './password-hash.ts';
import type { Place } from './place.ts';
import type { Problems } from './problems.ts';
import type { ConfigurationFile } from './schema.ts';
import type { SecretReader } from './secrets.ts';

const KEY_BYTES = 32;

/** What a header can carry. Source: RFC 9110, field values. */
const TOKEN = /^[\x21-\x7e]*$/;

/** The parts of a configuration that hold secrets. */
export type Completed = Pick<Configuration, 'kafka' | 'sealing' | 'control' | 'metrics' | 'pixels'>;

/** Reads the secrets of a file; what is wrong with them becomes problems. */
export async function complete(
  { kafka, sealing, control, metrics, pixels }: Parts,
  secrets: SecretReader,
  problems: Problems,
): Promise<Partial<Completed>> {
  return {
    ...(kafka === undefined ? {} : { kafka: await completeKafka(kafka, secrets) }),
    ...(sealing === undefined
      ? {}
      : { sealing: await completeSealing(sealing, secrets, problems) }),
    ...(control === undefined
      ? {}
      : { control: await completeControl(control, secrets, problems) }),
    ...(metrics === undefined
      ? {}
      : { metrics: await completeMetrics(metrics, secrets, problems) }),
    pixels: await completePixels(pixels, secrets, problems),
  };
}

async function completeKafka(
  kafka: ConfigurationFile['kafka'],
  secrets: SecretReader,
): Promise<KafkaConfiguration> {
  const { sasl, ssl } = kafka;
  return {
    ...kafka,
    ssl: typeof ssl === 'boolean' ? ssl : await completeTls(ssl, secrets),
    sasl: sasl && {
      mechanism: sasl.mechanism,
      username: sasl.username,
      password: await secrets.read(['kafka', 'sasl'], 'password', {
        value: sasl.password,
        file: sasl.passwordFile,
      }),
    },
  };
}

async function completeTls(
  ssl: Exclude<ConfigurationFile['kafka']['ssl'], boolean>,
  secrets: SecretReader,
): Promise<KafkaConfiguration['ssl']> {
  const { caFile, certFile, keyFile, rejectUnauthorized } = ssl;
  const read = (name: string, file: string) => secrets.readText(['kafka', 'ssl', name], file);
  return {
    rejectUnauthorized,
    ...(caFile === undefined ? {} : { ca: await read('caFile', caFile) }),
    ...(certFile === undefined ? {} : { cert: await read('certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: await read('keyFile', keyFile) }),
  };
}

async function completeSealing(
  sealing: ConfigurationFile['sealing'],
  secrets: SecretReader,
  problems: Problems,
): Promise<SealingConfiguration> {
  if (sealing === 'off') return null;
  const keys = [];
  for (const [index, { id, key, keyFile }] of sealing.keys.entries()) {
    const place = ['sealing', 'keys', index];
    const text = await secrets.read(place, 'key', { value: key, file: keyFile });
    const bytes = decodeKey(text);
    if (text !== '' && bytes?.length !== KEY_BYTES) {
      const message = `is not ${KEY_BYTES} bytes in base64 or hexadecimal`;
      const written = [...place, keyFile === undefined ? 'key' : 'keyFile'];
      problems.add(written, message, 'make one with: openssl rand -base64 32');
    }
    keys.push({ id, key: bytes ?? Buffer.alloc(0) });
  }
  const { currentKey, acceptUnsealed, acceptVersion1 } = sealing;
  return { currentKey, keys, acceptUnsealed, acceptVersion1 };
}

/** Null for what is neither; Node itself skips over what it cannot read. */
function decodeKey(text: string): Buffer | null {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : null;
}

async function completeControl(
  control: ConfigurationFile['control'],
  secrets: SecretReader,
  problems: Problems,
): Promise<ControlConfiguration> {
  const users = [];
  for (const [index, { name, role, password, passwordFile }] of control.users.entries()) {
    const given = { value: password, file: passwordFile };
    const read = await secrets.read(['control', 'users', index], 'password', given);
    judgePassword(read, ['control', 'users', index, 'password'], problems);
    users.push({ name, role, password: read });
  }
  return { ...control, users };
}

async function completeMetrics(
  { token, tokenFile }: ConfigurationFile['metrics'],
  secrets: SecretReader,
  problems: Problems,
): Promise<MetricsConfiguration> {
  if (token === undefined && tokenFile === undefined) return { token: null };
  const read = await secrets.read(['metrics'], 'token', { value: token, file: tokenFile });
  judgeToken(read, ['metrics', 'token'], problems);
  judgeLength(read, ['metrics', 'token'], problems);
  return { token: read };
}

async function completePixels(
  pixels: Parts['pixels'],
  secrets: SecretReader,
  problems: Problems,
): Promise<PixelConfiguration[]> {
  const complete: PixelConfiguration[] = [];
  for (const [index, written] of pixels.entries()) {
    if (written === null) continue;
    const { accessToken, accessTokenFile, ...pixel } = written;
    const given = { value: accessToken, file: accessTokenFile };
    const token = await secrets.read(['pixels', index], 'accessToken', given);
    judgeToken(token, ['pixels', index, 'accessToken'], problems);
    complete.push({ ...pixel, accessToken: token });
  }
  return complete;
}

function judgeToken(token: string, place: Place, problems: Problems): void {
  if (TOKEN.test(token)) return;
  const message = 'holds blanks, line breaks or characters that no token has';
  problems.add(place, message, 'copy the token again, alone');
}

/** A secret that others can try out over the network must not be guessed in reasonable time. */
export const MIN_SECRET_LENGTH = 12;

function judgeLength(secret: string, place: Place, problems: Problems): void {
  // An empty one has been complained about already.
  if (secret === '' || secret.length >= MIN_SECRET_LENGTH) return;
  const message = `has fewer than ${MIN_SECRET_LENGTH} characters, so that it can be guessed`;
  problems.add(place, message, 'make one with: openssl rand -base64 24');
}

function judgePassword(password: string, place: Place, problems: Problems): void {
  if (!looksHashed(password)) judgeLength(password, place, problems);
  else if (parsePasswordHash(password) === null) judgeHash(place, problems);
}

function judgeHash(place: Place, problems: Problems): void {
  const message = 'begins like a hash, but is none, or costs too little or too much to check';
  problems.add(place, message, 'make one with: capi-relay hash-password');
}
