import { DEFAULT_FILES } from '#config/default-file.ts';
import { formatCount, plural } from '#core/text/format.ts';
import { sampleFinding } from '../check/check-sample.ts';
import { configFlag } from '../config-flag.ts';
import { ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';
import { textColumns } from '../output/table.ts';
import { wrapped } from '../output/text.ts';
import { draftOf, type SetupAnswers } from './answers.ts';
import { collectAnswers } from './collect.ts';
import { commentedText, type Sampled } from './commented-text.ts';
import type { InitFlags } from './flags.ts';
import { ensureSealingKey, refuseExisting, writeNew, writeSecret } from './new-files.ts';
import { proposalsFor } from './proposals.ts';
import { sampleTopics, type TopicSample } from './sample-topics.ts';

/** Asks for what a configuration needs, or takes it from the flags, and writes it; resolves to the exit code. */
export async function initFromScratch(flags: InitFlags): Promise<number> {
  try {
    return await init(flags);
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error.code;
  }
}

async function init(flags: InitFlags): Promise<number> {
  const { out, force = false, json, sample, timeout } = flags;
  await refuseExisting(out, force);
  const answers = await collectAnswers(flags, process.env);
  const configuration = await draftOf(out, answers);
  const found =
    sample === false ? null : await sampleLoudly(answers, sample, timeout, configuration);
  const sampled = found?.ok ? sampledOf(found) : null;
  const files = await writeAll(answers, commentedText(answers, sampled), force);
  const result = { file: out, ...files, sample: resultOf(found, sampled) };
  return printResult({ json }, result, report(answers, files, found, sampled));
}

async function sampleLoudly(
  { topics }: SetupAnswers,
  count: number,
  timeout: number,
  configuration: Parameters<typeof sampleTopics>[0],
): Promise<TopicSample> {
  process.stderr.write(
    `Reading the newest ${plural(count, 'message')} of ${topics.join(', ')} …\n`,
  );
  return sampleTopics(configuration, count, timeout * 1000);
}

function sampledOf({ profile }: TopicSample & { readonly ok: true }): Sampled | null {
  const { messages, tracks, pages, events, propertyNames, distinctSources } = profile;
  if (messages === 0) return null;
  const proposals = proposalsFor(events);
  const [properties, sources] = [propertyNames, distinctSources];
  return { messages, tracks, pages, proposals, properties, sources };
}

interface Written {
  readonly keyFile: string;
  readonly keyIsNew: boolean;
  /** Null where the token comes from a variable. */
  readonly tokenFile: string | null;
  /** What the environment must have. */
  readonly variables: readonly string[];
}

/** Secrets first: a configuration never names a file that there is not because writing failed. */
async function writeAll(answers: SetupAnswers, text: string, force: boolean): Promise<Written> {
  const { out, keyFile, token, redisPassword } = answers;
  const keyIsNew = await ensureSealingKey(keyFile);
  if (redisPassword !== null) await writeSecret(redisPassword.file, redisPassword.text, force);
  if (token.kind === 'file' && token.text !== null) {
    await writeSecret(token.file, token.text, force);
  }
  await writeNew(out, text, force);
  return {
    keyFile,
    keyIsNew,
    tokenFile: token.kind === 'file' ? token.file : null,
    variables: token.kind === 'variable' ? [token.name] : [],
  };
}

function resultOf(found: TopicSample | null, sampled: Sampled | null): object | null {
  if (found === null) return null;
  if (!found.ok) return { problem: found.why };
  const { outcomes, messages } = found.counts;
  return { messages, outcomes, ...sampled };
}

function report(
  answers: SetupAnswers,
  { keyFile, keyIsNew, tokenFile, variables }: Written,
  found: TopicSample | null,
  sampled: Sampled | null,
): string {
  const { out, topics, token } = answers;
  const columns = textColumns();
  const flag = configFlag(out === DEFAULT_FILES[0] ? undefined : out);
  const say = (text: string, indent = ''): string => wrapped(text, columns, indent);
  const key = keyIsNew
    ? `Made a sealing key in ${keyFile}: keep a copy of it in a safe place.`
    : `Kept the sealing key in ${keyFile}.`;
  const lines = [say(`Wrote ${out}.`), say(key)];
  if (answers.redisPassword !== null) {
    lines.push(say(`Wrote the password of Redis into ${answers.redisPassword.file}.`));
  }
  if (tokenFile !== null) lines.push(say(tokenText(token, tokenFile)));
  lines.push('\n', sampleText(found, sampled, { topics, flag }, say));
  for (const name of variables)
    lines.push(say(`Set ${name} to the access token, from Events Manager.`));
  lines.push(say(`Then: capi-relay check${flag}`));
  return lines.join('');
}

function tokenText(token: SetupAnswers['token'], file: string): string {
  const written = token.kind === 'file' && token.text !== null;
  return written
    ? `Wrote the access token into ${file}.`
    : `The access token is read from ${file}.`;
}

function sampleText(
  found: TopicSample | null,
  sampled: Sampled | null,
  { topics, flag }: { readonly topics: readonly string[]; readonly flag: string },
  say: (text: string, indent?: string) => string,
): string {
  if (found === null) return '';
  if (!found.ok) {
    const again =
      'The configuration was written without a sample; run this again with --force once it can be read.';
    return `${say(`No sample: ${found.why}`)}${say(again)}\n`;
  }
  const { message, fix } = sampleFinding(found.counts, topics, found.counts.messages, flag);
  if (sampled === null) return `${say(`No sample: ${message}`)}\n`;
  const step = fix === '' ? '' : say(`→ ${fix}`, '  ');
  return `${say(`Sample ${message}`)}${step}${say(`Events seen: ${namesText(sampled)}.`)}\n`;
}

function namesText({ proposals }: Sampled): string {
  const { mapped, byPreset, mappings, custom, tooLong } = proposals;
  const parts = [
    [mapped.length + byPreset.length + mappings.length, 'standard'],
    [custom.length, 'custom'],
    [tooLong.length, 'too long'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([n, what]) => `${formatCount(n)} ${what}`);
  return said.length === 0 ? 'none' : said.join(', ');
}
