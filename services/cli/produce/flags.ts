import { randomBytes } from 'node:crypto';
import { UsageError } from '#config/errors.ts';
import { COMPRESSIONS, type Compression } from '#kafka/producer.ts';
import { type Command, configOption, createCommand } from '#process/command.ts';

/** What the user asked for, with every default filled in. */
export interface ProduceOptions {
  readonly configFile: string | undefined;
  /** Null for the first topic of the configuration. */
  readonly topic: string | null;
  /** Null for no end. */
  readonly count: number | null;
  readonly durationMs: number | null;
  /** Messages a second; null for as fast as Kafka takes them. */
  readonly rate: number | null;
  readonly seed: string;
  /** Unix ms that counts as now for the events; null for the clock. */
  readonly startMs: number | null;
  readonly badShare: number;
  readonly sources: readonly string[];
  readonly compression: Compression;
  /** Where lines come from instead of the generator: a path, or `-` for standard input. */
  readonly file: string | null;
  /** Partitions of a topic to be created; null to leave topics alone. */
  readonly partitions: number | null;
  /** Whether each message gets a trace of its own. */
  readonly traced: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

const DEFAULT_COUNT = 1_000;
const DEFAULT_BAD_SHARE = 0.01;
/** Sending it compressed costs less than half of sending it as it is. */
const DEFAULT_COMPRESSION: Compression = 'lz4';
const DEFAULT_SOURCES = 'shop-eu,shop-us,shop-jp';
/** Flags that shape generated events, and mean nothing for a file of them. */
const GENERATOR_FLAGS = ['seed', 'start', 'bad', 'sources'] as const;

const EXAMPLE = `capi-relay produce --count 20000 --create-topic 6
capi-relay produce --rate 500 --duration 60 --sources shop-eu
capi-relay produce --dry-run --count 5 --bad 0 --seed 7
capi-relay produce --file events.jsonl --topic track-events`;

export function produceCommand(): Command {
  return createCommand(
    'produce',
    'Sends Track events into Kafka: realistic traffic of some shops, or the lines of a file.',
    EXAMPLE,
  )
    .addOption(configOption())
    .option('--topic <name>', 'where to send them (default: the first topic of the configuration)')
    .option(
      '--count <number>',
      `how many (default: ${DEFAULT_COUNT}; without end for --rate alone)`,
    )
    .option('--duration <seconds>', 'for how long')
    .option('--rate <number>', 'messages a second (default: as fast as Kafka takes them)')
    .option('--seed <text>', 'what the traffic grows from (default: another one each time)')
    .option('--start <time>', 'ISO 8601; what counts as now: with --seed, repeats a run exactly')
    .option('--bad <share>', `share of bad messages, 0 to 1 (default: ${DEFAULT_BAD_SHARE})`)
    .option('--sources <names>', `shops, the busiest first (default: ${DEFAULT_SOURCES})`)
    .option('--compression <codec>', `${COMPRESSIONS.join(', ')} (default: ${DEFAULT_COMPRESSION})`)
    .option('--file <path>', 'send the lines of a file instead, - for standard input')
    .option('--create-topic <partitions>', 'create the topic if there is none')
    .option('--traced', 'give each message a traceparent header, as a producer that is traced does')
    .option('--dry-run', 'print the messages, one a line, and send nothing')
    .option('--json', 'print the summary as JSON');
}

/** @throws UsageError that says which flag is wrong, and what it takes */
export function readFlags(flags: Record<string, unknown>): ProduceOptions {
  const text = (flag: string): string | null => (flags[flag] as string | undefined) ?? null;
  const file = text('file');
  const idle = GENERATOR_FLAGS.find((flag) => file !== null && text(flag) !== null);
  if (idle !== undefined)
    throw new UsageError(`--${idle} shapes generated events: leave it out with --file`);
  const duration = positive(text('duration'), '--duration', 'seconds');
  const rate = positive(text('rate'), '--rate', 'messages a second');
  const endless = file !== null || duration !== null || rate !== null;
  return {
    configFile: text('config') ?? undefined,
    topic: text('topic'),
    count: whole(text('count'), '--count', 'messages') ?? (endless ? null : DEFAULT_COUNT),
    durationMs: duration === null ? null : duration * 1000,
    rate,
    seed: text('seed') ?? randomBytes(4).toString('hex'),
    startMs: readStart(text('start')),
    badShare: readShare(text('bad')),
    sources: readSources(text('sources') ?? DEFAULT_SOURCES),
    compression: readCompression(text('compression')),
    file,
    partitions: whole(text('createTopic'), '--create-topic', 'partitions'),
    traced: flags['traced'] === true,
    dryRun: flags['dryRun'] === true,
    json: flags['json'] === true,
  };
}

function positive(text: string | null, flag: string, unit: string): number | null {
  if (text === null) return null;
  const number = Number(text);
  if (text.trim() !== '' && number > 0 && Number.isFinite(number)) return number;
  throw new UsageError(`${flag} takes a number of ${unit} above 0, not “${text}”`);
}

function whole(text: string | null, flag: string, unit: string): number | null {
  if (text === null) return null;
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${flag} takes a whole number of ${unit} from 1, not “${text}”`);
}

function readStart(text: string | null): number | null {
  if (text === null) return null;
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new UsageError(`--start takes a time such as 2026-11-20T10:00:00Z, not “${text}”`);
}

function readShare(text: string | null): number {
  const share = text === null ? DEFAULT_BAD_SHARE : Number(text);
  if (text?.trim() !== '' && share >= 0 && share <= 1) return share;
  throw new UsageError(`--bad takes a share from 0 to 1, such as 0.01, not “${text}”`);
}

function readSources(text: string): readonly string[] {
  const sources = text.split(',').map((source) => source.trim());
  if (sources.every((source) => source !== '')) return [...new Set(sources)];
  throw new UsageError(`--sources takes names with commas between them, not “${text}”`);
}

function readCompression(text: string | null): Compression {
  const compression = COMPRESSIONS.find((each) => each === (text ?? DEFAULT_COMPRESSION));
  if (compression !== undefined) return compression;
  throw new UsageError(`--compression takes ${COMPRESSIONS.join(', ')}, not “${text}”`);
}
