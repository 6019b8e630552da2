import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { trial } from '#test/crash/trial.ts';
import { isIntake } from '#test/support/intake-command.ts';
import type { TcpProxy } from '#test/support/tcp-proxy.ts';

/**
 * The connection between ingest and Redis breaks exactly when Redis has taken an intake: ingest never
 * hears of it.
 */
export async function cutsBeforeAnswers(
  { arena, seed, say }: Bench,
  options: { readonly cuts: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { proxy } = arena;
  const redisUrl = `redis://127.0.0.1:${proxy.port}`;
  const { eventsPerSecond, cuts } = options;
  const result = await trial(
    arena,
    { seed, say, redisUrl, ingests: 1, workers: 1, eventsPerSecond },
    async () => {
      for (let n = 1; n <= cuts; n += 1) {
        await cutOnce(proxy);
        if (n % 10 === 0) say(`${String(n).padStart(4)}/${cuts}  cut`);
      }
    },
  );
  return evidence(`${cuts} connections cut between an intake and its answer`, result, 0);
}

/** Only an intake moves a marker, so that its key tells it from what else is sent. */
async function cutOnce(proxy: TcpProxy): Promise<void> {
  const before = proxy.cuts;
  proxy.watch((chunk) => {
    if (!isIntake(chunk)) return 'pass';
    proxy.watch(null);
    return 'cut';
  });
  while (proxy.cuts === before) await sleep(20);
}
