import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { Redis } from '#queue/connection.ts';
import { EXIT, UsageError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { contentOf } from './content.ts';
import { purge } from './purge.ts';
import { renderList, renderStory, renderSummary } from './render.ts';
import { select } from './selection.ts';
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
