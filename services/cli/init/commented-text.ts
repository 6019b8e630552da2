import { yamlText } from '#config/yaml-text.ts';
import { plural } from '#core/text/format.ts';
import { printable, wrapLines } from '../output/text.ts';
import { connectionsOf, pathIn, type SetupAnswers } from './answers.ts';
import type { Seen, SourceSeen } from './profile.ts';
import type { Proposals, ProposedMapping } from './proposals.ts';

/** What a sample of the topics adds to the file. */
export interface Sampled {
  readonly messages: number;
  readonly tracks: number;
  readonly pages: number;
  readonly proposals: Proposals;
  readonly properties: readonly Seen[];
  readonly sources: readonly SourceSeen[];
}

/** Names that are listed in comments, the most frequent first. */
const MOST_NAMED = 30;

const COLUMNS = 100;

/** @param sampled null where no message was read */
export function commentedText(answers: SetupAnswers, sampled: Sampled | null): string {
  const { out, topics, keyFile } = answers;
  const { kafka, redis } = connectionsOf(answers);
  const sample =
    sampled === null
      ? 'without a sample'
      : `from a sample of ${plural(sampled.messages, 'message')} of ${topics.map(printable).join(', ')}`;
  const lines = [
    ...comment('', `Written by capi-relay init, ${sample}.`),
    '# Every key: docs/configuration.md. Validate it: capi-relay check',
    '',
    '# KAFKA_BROKERS overrides the brokers, and REDIS_URL the URL of Redis.',
    ...block('', { kafka }),
    '',
    '# Redis needs maxmemory, maxmemory-policy noeviction and appendonly yes.',
    ...block('', { redis }),
    '',
    '# Data in Redis is unreadable without this key: keep a copy of the file in a safe place.',
    ...block('', { sealing: sealingOf(pathIn(out, keyFile)) }),
    '',
    'pixels:',
    ...pixelLines(answers),
    ...(sampled === null ? UNSAMPLED : sampledLines(sampled)),
  ];
  return `${lines.join('\n')}\n`;
}

function sealingOf(keyFile: string): object {
  return { currentKey: 'first', keys: [{ id: 'first', keyFile }] };
}

function pixelLines({ out, pixelId, name, token }: SetupAnswers): string[] {
  const [first = '', ...rest] = block('    ', { pixelId });
  return [
    first.replace('    ', '  - '),
    ...rest,
    ...(name === null ? [] : block('    ', { name })),
    ...(token.kind === 'variable'
      ? [`    accessToken: \${${token.name}}`]
      : block('    ', { accessTokenFile: pathIn(out, token.file) })),
  ];
}

const UNSAMPLED = [
  '    # Without these, the six default mappings apply, such as Order Completed → Purchase:',
  '    # eventMappings:',
  '    #   Newsletter Subscribed: Subscribe',
];

function sampledLines(sampled: Sampled): string[] {
  const { proposals, sources, properties, tracks, pages } = sampled;
  return [
    ...mappingLines(proposals),
    ...sourceLines(sources),
    ...(pages === 0
      ? []
      : [
          `    # ${plural(pages, 'page or screen call')} too; this sends them as PageView:`,
          '    # sendPageViews: true',
        ]),
    ...(properties.length === 0
      ? []
      : comment(
          '    ',
          `Properties of the ${plural(tracks, 'Track event')}: ${counted(properties)}. docs/mapping.md says where each goes; fields takes others from where they are.`,
        )),
  ];
}

function mappingLines({ mapped, byPreset, presets, ...rest }: Proposals): string[] {
  const { mappings, custom, tooLong } = rest;
  const lines: string[] = [];
  if (mapped.length > 0) lines.push('    # Standard events by themselves:', ...mapped.map(arrow));
  if (byPreset.length > 0) {
    lines.push('    # By presets:', ...byPreset.map(arrow));
    lines.push(...block('    ', { eventMappingPresets: [...presets] }));
  }
  if (mappings.length > 0) {
    lines.push('    # Known events in another spelling:', '    eventMappings:');
    lines.push(
      ...mappings.map(({ value, meta, count }) => `      ${pair(value, meta)} # ${count}`),
    );
  }
  if (custom.length > 0) {
    lines.push('    # Custom events under their own names, unless eventMappings map them:');
    lines.push(...custom.slice(0, MOST_NAMED).map(unmapped), ...rests(custom));
  }
  if (tooLong.length > 0) {
    lines.push('    # Longer than Meta allows: dead letters, unless eventMappings map them:');
    lines.push(...tooLong.slice(0, MOST_NAMED).map(unmapped), ...rests(tooLong));
  }
  return lines;
}

function unmapped({ value, count }: Seen): string {
  return `    #   ${printable(value)} (${count})`;
}

function rests({ length }: readonly Seen[]): string[] {
  return length > MOST_NAMED ? [`    #   and ${length - MOST_NAMED} more`] : [];
}

function arrow({ value, meta, count }: ProposedMapping): string {
  return `    #   ${printable(value)} → ${meta} (${count})`;
}

function sourceLines(sources: readonly SourceSeen[]): string[] {
  if (sources.length === 0) return [];
  return [
    '    # Events of several sources; where takes only some of them:',
    '    # events:',
    '    #   where:',
    ...sources.map(({ path, values }) => {
      const names = JSON.stringify(values.map(({ value }) => value));
      return `    #     ${path}: ${names} # ${values.map(({ count }) => count).join(', ')}`;
    }),
  ];
}

function counted(seen: readonly Seen[]): string {
  const named = seen.slice(0, MOST_NAMED).map(({ value, count }) => `${printable(value)} ${count}`);
  const more = seen.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** A key and a text on one line. */
function pair(key: string, text: string): string {
  return yamlText({ [key]: text }).trimEnd();
}

/** Lines of YAML. */
function block(indent: string, values: Readonly<Record<string, unknown>>): string[] {
  return yamlText(values)
    .trimEnd()
    .split('\n')
    .map((line) => indent + line);
}

function comment(indent: string, text: string): string[] {
  return wrapLines(text, COLUMNS - indent.length - 2).map((line) => `${indent}# ${line}`);
}
