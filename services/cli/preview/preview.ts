import { loadConfiguration } from '#config/load.ts';
import { EXIT } from '#process/command.ts';
import { textColumns } from '../output/table.ts';
import { FailOn } from './fail-on.ts';
import type { PreviewFlags } from './flags.ts';
import { answerLines, openInput } from './lines.ts';
import {
  createJsonMessages,
  createJsonPreview,
  createReadableMessages,
  createReadablePreview,
  type OnResult,
} from './previews.ts';

/**
 * Answers each line of the input, or messages of Kafka; resolves to the exit code.
 * @param file a path, or - for standard input
 */
export async function preview(file: string, flags: PreviewFlags): Promise<number> {
  const failOn = new FailOn(flags.failOn ?? []);
  const onResult: OnResult = (place, mapped) => failOn.note(place, mapped);
  const { fromKafka } = flags;
  if (fromKafka === undefined) await previewLines(flags, file, onResult);
  else await previewMessages(flags, fromKafka, onResult);
  const report = failOn.report(fromKafka === undefined ? 'line' : 'message');
  if (report === null) return EXIT.done;
  process.stderr.write(report);
  return EXIT.failed;
}

const TIMEOUT_S = 30;

async function previewMessages(flags: PreviewFlags, count: number, onResult: OnResult) {
  const { now = null, topic = null, partition = null, fromOffset = null } = flags;
  // Loaded only now: a file needs no client of Kafka.
  const [{ answerMessages }, { openDecoder }] = await Promise.all([
    import('./messages.ts'),
    import('#registry/open.ts'),
  ]);
  const configuration = await loadConfiguration(flags.config, process.env);
  const decoder = await openDecoder(configuration.schemaRegistry);
  const context = { configuration, decoder, now, clock: Date.now };
  const timeoutMs = (flags.timeout ?? TIMEOUT_S) * 1000;
  const request = { count, topic, partition, fromOffset, timeoutMs };
  if (isJson(flags)) {
    return answerMessages(context, request, createJsonMessages(context, onResult));
  }
  const readable = createReadableMessages(context, viewOf(flags), onResult);
  await answerMessages(context, request, readable.preview);
  process.stdout.write(readable.summary());
}

async function previewLines(flags: PreviewFlags, file: string, onResult: OnResult) {
  const { config, now = null } = flags;
  const configuration = config === undefined ? null : await loadConfiguration(config, process.env);
  const context = { configuration, now, clock: Date.now };
  const input = await openInput(file === '-' ? null : file);
  if (isJson(flags))
    return answerLines(input, createJsonPreview(context, onResult), process.stdout);
  const readable = createReadablePreview(context, viewOf(flags), onResult);
  await answerLines(input, readable.preview, process.stdout);
  process.stdout.write(readable.summary());
}

function isJson({ readable, json }: PreviewFlags): boolean {
  return readable !== true && (json === true || !process.stdout.isTTY);
}

function viewOf({ reveal = false }: PreviewFlags) {
  return { reveal, columns: textColumns() };
}
