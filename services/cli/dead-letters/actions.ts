import { createInterface } from 'node:readline/promises';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { readMessage } from '#core/kafka-message.ts';
import { readRecord } from '#core/record.ts';
import type { Redis } from '#queue/connection.ts';
import { readContent, readFacts } from '#queue/dead-letters.ts';
import { createRevivalStore, ledgerOf } from '#queue/revival.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { EXIT, ExpectedError, UsageError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { renderList, renderStory, renderSummary } from './render.ts';
import { readSelection, selects } from './selection.ts';
import { withRedis } from './store.ts';
import { summarise } from './summary.ts';

type Flags = Readonly<Record<string, unknown>>;

export const ACTIONS = ['summary', 'list', 'show', 'export', 'purge'] as const;

const print = (text: string): void => void process.stdout.write(text);
const printJson = (value: unknown): void => print(`${JSON.stringify(value)}\n`);

/** Does what the command asks for; resolves to the exit code. */
export function act(action: string, configuration: Configuration, flags: Flags): Promise<number> {
  const known = ACTIONS.find((each) => each === action);
  if (known === undefined) throw new UsageError(`"${action}" is none of ${ACTIONS.join(', ')}`);
  if (known === 'show' && flags['id'] === undefined) {
    throw new UsageError('say which: capi-relay dead-letters show <id>; list names them');
  }
  return withRedis(configuration, async (redis) => {
    const letters = select(redis, configuration, flags);
    switch (known) {
      case 'summary':
        return showSummary(letters, flags);
      case 'list':
        return showList(letters, flags);
      case 'show':
      case 'export':
        return showEach(letters, redis, configuration, {
          ...flags,
          json: known === 'export' || flags['json'],
        });
      case 'purge':
        return purge(letters, redis, configuration, flags);
    }
  });
}

/** The dead letters that the flags select, newest first. */
export async function* select(
  redis: Redis,
  { redis: { prefix } }: Configuration,
  flags: Flags,
): AsyncGenerator<DeadLetterFacts> {
  const isSelected = readSelection(flags, Date.now());
  for await (const facts of readFacts(redis, prefix)) if (isSelected(facts)) yield facts;
}

async function showSummary(
  letters: AsyncIterable<DeadLetterFacts>,
  { json }: Flags,
): Promise<number> {
  const groups = await summarise(letters);
  if (json) printJson(groups);
  else print(renderSummary(groups, Date.now()));
  return EXIT.done;
}

async function showList(letters: AsyncIterable<DeadLetterFacts>, flags: Flags): Promise<number> {
  const limit = Number(flags['limit']);
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError('--limit is a whole number above 0');
  const found: DeadLetterFacts[] = [];
  for await (const facts of letters) {
    found.push(facts);
    if (found.length >= limit) break;
  }
  if (flags['json']) for (const facts of found) printJson(facts);
  else print(renderList(found, Date.now()));
  return EXIT.done;
}

async function showEach(
  letters: AsyncIterable<DeadLetterFacts>,
  redis: Redis,
  configuration: Configuration,
  { json, reveal }: Flags,
): Promise<number> {
  let shown = 0;
  for await (const facts of letters) {
    shown += 1;
    const content = reveal ? await contentOf(facts, redis, configuration) : undefined;
    if (json) printJson({ ...facts, ...(content === undefined ? {} : { content }) });
    else
      print(
        renderStory(facts, Date.now()) +
          (content === undefined ? '' : `\n${JSON.stringify(content, null, 2)}\n`),
      );
  }
  if (shown === 0) process.stderr.write('There is no such dead letter.\n');
  return shown === 0 ? EXIT.failed : EXIT.done;
}

/** The event as it was: the Track event, or its text where it could not be read; or the server event. */
async function contentOf(
  facts: DeadLetterFacts,
  redis: Redis,
  { redis: { prefix }, sealing }: Configuration,
): Promise<unknown> {
  const bytes = await readContent(redis, prefix, sealerOf(sealing), facts.id);
  if (bytes === null) return null;
  if (facts.holds === 'record') return readRecord(bytes);
  const text = readMessage(bytes).value?.toString('utf8') ?? '';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const PURGE_AT_ONCE = 500;

async function purge(
  letters: AsyncIterable<DeadLetterFacts>,
  redis: Redis,
  { redis: { prefix } }: Configuration,
  flags: Flags,
): Promise<number> {
  if (!flags['all'] && !selects(flags)) {
    throw new UsageError('say what to purge: --reason, --pixel … or --all');
  }
  const found: DeadLetterFacts[] = [];
  for await (const facts of letters) found.push(facts);
  if (found.length === 0) {
    print('Nothing matches: nothing was purged.\n');
    return EXIT.done;
  }
  if (!flags['yes'] && !(await confirm(found.length))) {
    print('Nothing was purged.\n');
    return EXIT.failed;
  }
  const store = createRevivalStore(redis, prefix, `purge-${process.pid}-${Date.now()}`);
  await store.lock().catch((error: Error) => {
    throw new ExpectedError(error.message);
  });
  for (let at = 0; at < found.length; at += PURGE_AT_ONCE) {
    const part = found.slice(at, at + PURGE_AT_ONCE);
    const changes = new Map<string, { dead: number; purged: number }>();
    for (const facts of part) {
      const change = changes.get(ledgerOf(facts)) ?? { dead: 0, purged: 0 };
      changes.set(ledgerOf(facts), { dead: change.dead - 1, purged: change.purged + 1 });
    }
    await store.revive({ letters: part, envelopes: [], changes });
  }
  await store.close();
  print(`${found.length.toLocaleString('en')} dead letters purged.\n`);
  return EXIT.done;
}

/** What is thrown away cannot be had back: its number is typed to agree. */
async function confirm(count: number): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('without a terminal to ask at, --yes is needed');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(
    `Throw away ${count} dead letters for good? Type ${count}: `,
  );
  asking.close();
  return answer.trim() === String(count);
}
