import { createInterface } from 'node:readline/promises';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { Redis } from '#queue/connection.ts';
import { createRevivalStore, ledgerOf } from '#queue/revival.ts';
import { EXIT, ExpectedError, UsageError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { selects } from './selection.ts';

const PURGE_AT_ONCE = 500;

/** Throws dead letters away, after asking; they stay in the ledger as purged. */
export async function purge(
  letters: AsyncIterable<DeadLetterFacts>,
  redis: Redis,
  { redis: { prefix } }: Configuration,
  flags: Readonly<Record<string, unknown>>,
): Promise<number> {
  if (!flags['all'] && !selects(flags)) {
    throw new UsageError('say what to purge: --reason, --pixel … or --all');
  }
  const found: DeadLetterFacts[] = [];
  for await (const facts of letters) found.push(facts);
  if (found.length === 0) {
    process.stdout.write('Nothing matches: nothing was purged.\n');
    return EXIT.done;
  }
  if (!flags['yes'] && !(await confirm(found.length))) {
    process.stdout.write('Nothing was purged.\n');
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
  process.stdout.write(`${found.length.toLocaleString('en')} dead letters purged.\n`);
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
