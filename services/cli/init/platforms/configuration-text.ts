import { yamlText } from '#config/yaml-text.ts';
import { printable } from '../../output/text.ts';
import type { ImportedPixel, NotCarried } from './import-result.ts';

/** A variable of the environment that the written file refers to. */
interface Variable {
  readonly name: string;
  readonly meaning: string;
}

/** What the sections before the pixels refer to. */
const VARIABLES: readonly Variable[] = [
  { name: 'KAFKA_BROKERS', meaning: 'bootstrap brokers, such as kafka-1:9092,kafka-2:9092' },
  { name: 'REDIS_URL', meaning: 'such as redis://redis-1:6379' },
  { name: 'CAPI_RELAY_SEALING_KEY', meaning: 'create it with: openssl rand -base64 32' },
];

/** The variable that holds the token of a pixel. */
function tokenVariable(pixelId: string): string {
  return `CAPI_RELAY_ACCESS_TOKEN_${pixelId}`;
}

function reference(variable: string): string {
  return `\${${variable}}`;
}

/** Every variable that the file needs. */
export function variablesOf(pixels: readonly ImportedPixel[]): readonly Variable[] {
  const tokens = pixels.map(({ pixelId }) => ({
    name: tokenVariable(pixelId),
    meaning: `access token of pixel ${pixelId}, from Events Manager`,
  }));
  return [...VARIABLES, ...tokens];
}

/** @param platform that the settings come from, as `--from` names it */
export function configurationText(
  platform: string,
  pixels: readonly ImportedPixel[],
  skipped: readonly NotCarried[],
): string {
  const lines = [
    `# Written by: capi-relay init --from ${platform}`,
    '# Every key: docs/configuration.md. Validate it: capi-relay check --config FILE',
    '',
    'kafka:',
    `  brokers: ${reference('KAFKA_BROKERS')}`,
    '  topics: [track-events] # the topics that hold your Track events',
    '',
    'redis:',
    `  url: ${reference('REDIS_URL')} # needs maxmemory, maxmemory-policy noeviction and appendonly yes`,
    '',
    'sealing:',
    '  currentKey: first',
    '  keys:',
    `    - { id: first, key: '${reference('CAPI_RELAY_SEALING_KEY')}' }`,
    '',
    ...(skipped.length === 0 ? [] : ['# Not carried over:', ...skipped.map(note), '']),
    'pixels:',
    ...pixels.flatMap(pixelLines),
  ];
  return `${lines.join('\n')}\n`;
}

function pixelLines(pixel: ImportedPixel): string[] {
  const { pixelId, title, name, settings, origins, notCarried } = pixel;
  const { pixelId: _, ...others } = settings;
  return [
    `  # ${printable(title)}`,
    `  - ${yamlText({ pixelId }).trimEnd()}`,
    ...(name === null ? [] : indented(yamlText({ name }))),
    `    accessToken: ${reference(tokenVariable(pixelId))}`,
    ...Object.entries(others).flatMap(([key, value]) => [
      `    # from ${printable(origins[key] ?? key)}`,
      ...indented(yamlText({ [key]: value })),
    ]),
    ...(notCarried.length === 0 ? [] : ['    # Not carried over:']),
    ...notCarried.map((each) => `    ${note(each)}`),
  ];
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`);
}

function note({ key, why }: NotCarried): string {
  return `# - ${printable(key)}: ${printable(why)}`;
}
