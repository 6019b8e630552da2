import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { kafkaJars } from '#local/kafka-jars.ts';

const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-XX:-UsePerfData'];
const QUIET = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';

/** Larger than all that a test sends, so that Java compresses it in one piece. */
const BATCH_BYTES = 900_000;

interface Where {
  readonly broker: string;
  readonly topic: string;
}

/** Sends each line as a message with Kafka's own console producer. */
export async function produceInJava(
  { broker, topic }: Where,
  compression: string,
  lines: readonly string[],
): Promise<void> {
  const args = ['--bootstrap-server', broker, '--topic', topic, '--compression-codec', compression];
  const batch = ['--producer-property', `batch.size=${BATCH_BYTES}`];
  await runTool('ConsoleProducer', [...args, ...batch], lines.join('\n'));
}

/**
 * Reads messages from the start with Kafka's own console consumer; of transactions those
 * that were committed.
 */
export async function consumeInJava({ broker, topic }: Where, count: number): Promise<string[]> {
  const committed = ['--isolation-level', 'read_committed'];
  const args = ['--bootstrap-server', broker, '--topic', topic, '--from-beginning', ...committed];
  const end = ['--max-messages', String(count), '--timeout-ms', '240000'];
  const output = await runTool('consumer.ConsoleConsumer', [...args, ...end], '');
  return output.split('\n').filter((line) => line !== '');
}

async function runTool(name: string, args: readonly string[], input: string): Promise<string> {
  const classPath = join(await kafkaJars(() => {}), '*');
  const main = `org.apache.kafka.tools.${name}`;
  const temporary = `-Djava.io.tmpdir=${tmpdir()}`;
  const java = spawn('java', [...QUICK_START, QUIET, temporary, '-cp', classPath, main, ...args]);
  java.stdin.end(input);
  const exited = new Promise((resolve) => java.once('close', resolve));
  const [output, errors] = await Promise.all([text(java.stdout), text(java.stderr)]);
  const code = await exited;
  if (code !== 0) throw new Error(`${name} ended with code ${code}: ${errors}`);
  return output;
}
