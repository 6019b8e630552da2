import { setTimeout as rest } from 'node:timers/promises';
import { TcpProxy } from '#test/support/tcp-proxy.ts';
import { type Bench, type Evidence, evidence } from '../proof.ts';
import { trial } from '../trial.ts';

/**
 * The connection between ingest and Redis breaks exactly after EXEC was sent: the transaction is
 * carried out, and ingest never hears of it.
 */
export async function cutsAfterExec(
  { arena, seed, say }: Bench,
  options: { readonly cuts: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const proxy = await TcpProxy.to(Number(new URL(arena.redisUrl).port));
  const redisUrl = `redis://127.0.0.1:${proxy.port}`;
  const { eventsPerSecond, cuts } = options;
  try {
    const verdict = await trial(
      arena,
      { seed, say, redisUrl, ingests: 1, workers: 1, eventsPerSecond },
      async () => {
        while (proxy.cuts < cuts) {
          await cutOnce(proxy);
          if (proxy.cuts % 10 === 0) say(`${String(proxy.cuts).padStart(4)}/${cuts}  cut`);
        }
      },
    );
    return evidence(`${cuts} connections cut between EXEC and its answer`, verdict, 0);
  } finally {
    await proxy.close();
  }
}

/** Only ingest sends transactions, so that EXEC tells its connection from those of workers. */
async function cutOnce(proxy: TcpProxy): Promise<void> {
  const before = proxy.cuts;
  proxy.watch((chunk) => {
    if (!chunk.includes('\r\nexec\r\n')) return 'pass';
    proxy.watch(null);
    return 'cut';
  });
  while (proxy.cuts === before) await rest(20);
}
