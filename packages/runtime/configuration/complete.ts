import type {
  Configuration,
  KafkaConfiguration,
  PixelConfiguration,
  SealingConfiguration,
} from './configuration.ts';
import type { Problem } from './problem.ts';
import type { ConfigurationFile } from './schema.ts';
import { SecretReader } from './secrets.ts';

const KEY_BYTES = 32;

/** Reads the secrets and judges what no single key can be judged by. Adds to `problems`. */
export async function complete(
  file: ConfigurationFile,
  context: { file: string; folder: string; problems: Problem[] },
): Promise<Configuration> {
  const { problems, folder } = context;
  const secrets = new SecretReader(folder, problems);
  const kafka = await completeKafka(file.kafka, secrets);
  const sealing = await completeSealing(file.sealing, secrets, problems);
  const pixels = await completePixels(file, secrets, problems);
  judgeMarks(file, problems);
  return { ...file, kafka, sealing, pixels, files: [context.file, ...secrets.files] };
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
      password: await secrets.read(
        'kafka.sasl',
        'password',
        given(sasl.password, sasl.passwordFile),
      ),
    },
  };
}

async function completeTls(
  ssl: Exclude<ConfigurationFile['kafka']['ssl'], boolean>,
  secrets: SecretReader,
): Promise<KafkaConfiguration['ssl']> {
  const { caFile, certFile, keyFile, rejectUnauthorized } = ssl;
  const read = (name: string, file: string) => secrets.readText(`kafka.ssl.${name}`, file);
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
  problems: Problem[],
): Promise<SealingConfiguration> {
  if (sealing === 'off') return null;
  const keys = [];
  for (const [index, { id, key, keyFile }] of sealing.keys.entries()) {
    const path = `sealing.keys[${index}]`;
    const text = await secrets.read(path, 'key', given(key, keyFile));
    const bytes = decodeKey(text);
    if (text !== '' && bytes.length !== KEY_BYTES) {
      const message = `is not ${KEY_BYTES} bytes in base64 or hexadecimal`;
      problems.push({ path, message, mend: 'make one with: openssl rand -base64 32' });
    }
    keys.push({ id, key: bytes });
  }
  if (!keys.some(({ id }) => id === sealing.currentKey)) {
    const message = 'is not the id of one of sealing.keys';
    problems.push({ path: 'sealing.currentKey', message, mend: 'name one of them' });
  }
  return { currentKey: sealing.currentKey, keys };
}

function decodeKey(text: string): Buffer {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
}

async function completePixels(
  file: ConfigurationFile,
  secrets: SecretReader,
  problems: Problem[],
): Promise<PixelConfiguration[]> {
  const seen = new Set<string>();
  const pixels: PixelConfiguration[] = [];
  for (const [index, { accessToken, accessTokenFile, ...pixel }] of file.pixels.entries()) {
    const path = `pixels[${index}]`;
    if (seen.has(pixel.pixelId)) {
      const message = 'is configured twice';
      problems.push({ path: `${path}.pixelId`, message, mend: 'put both into one entry' });
    }
    seen.add(pixel.pixelId);
    for (const topic of pixel.events.topics ?? []) {
      if (file.kafka.topics.includes(topic)) continue;
      const message = `names a topic that is not among kafka.topics: ${topic}`;
      problems.push({ path: `${path}.events.topics`, message, mend: 'add it there' });
    }
    const token = await secrets.read(path, 'accessToken', given(accessToken, accessTokenFile));
    pixels.push({ ...pixel, accessToken: token });
  }
  return pixels;
}

function judgeMarks(file: ConfigurationFile, problems: Problem[]): void {
  const { pauseAtEvents, resumeAtEvents, pauseAtMemoryRatio, resumeAtMemoryRatio } =
    file.ingest.backpressure;
  const judge = (name: string, lower: number, upper: number): void => {
    if (lower < upper) return;
    const path = `ingest.backpressure.resumeAt${name}`;
    problems.push({ path, message: `is not below pauseAt${name}`, mend: 'lower it' });
  };
  judge('Events', resumeAtEvents, pauseAtEvents);
  judge('MemoryRatio', resumeAtMemoryRatio, pauseAtMemoryRatio);
}

function given(
  value: string | undefined,
  file: string | undefined,
): { value?: string; file?: string } {
  return { ...(value === undefined ? {} : { value }), ...(file === undefined ? {} : { file }) };
}
