import { readUnreadable, type Unreadable } from '#store/delivery/poison.ts';
import { examineRedis, type RedisFinding } from '#store/health.ts';
import { tryIntake } from '#store/intake/trial.ts';
import { type Store, type StoreAddress, withStore } from '#store/store.ts';
import { type ConnectionCheck, type Finding, failure, ok, warning } from './finding.ts';

/** Whether Redis answers, lets its user run every command, keeps what is written, and accepts an intake. */
export function checkRedis(address: StoreAddress): ConnectionCheck {
  const { hostname, port } = new URL(address.url);
  const fix = `start Redis at ${hostname}:${port || 6379}, or correct redis.url and its password`;
  return {
    subject: 'Redis',
    fix,
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async (store) => {
        const started = performance.now();
        await store.redis.ping();
        const findings = await examineRedis(store);
        const took = `answers in ${(performance.now() - started).toFixed(1)} ms`;
        return [
          ok('Redis', took),
          ...findings.map(({ level, problem, fix }) =>
            level === 'danger' ? failure('Redis', problem, fix) : warning('Redis', problem, fix),
          ),
          ...(await checkIntake(store, findings)),
        ];
      }),
  };
}

/** Runs a trial intake, unless a known problem rules it out. */
async function checkIntake(store: Store, findings: readonly RedisFinding[]): Promise<Finding[]> {
  if (findings.some(({ level }) => level === 'danger')) return [];
  const { message } = (await tryIntake(store).catch((error: Error) => error)) ?? {};
  if (message === undefined) return [ok('Redis', 'accepts a trial intake in one transaction')];
  const fix = 'use Redis or Valkey, and let its user run every command of the scripts';
  return [failure('Redis', `refuses a trial intake: ${message}`, fix)];
}

const ENVELOPE_FIX =
  'put a missing key back into sealing.keys and restart the workers; for any other reason see CapiUnreadableEnvelopes in docs/runbooks.md. Nothing was discarded';

/** Whether workers have found envelopes that their sealing keys do not open. */
export function checkEnvelopes(
  address: StoreAddress,
  pixelIds: readonly string[],
): ConnectionCheck {
  return {
    subject: 'envelopes',
    fix: 'see the findings about Redis',
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async (store) =>
        [...(await readUnreadable(store, pixelIds))].flatMap(findingOf),
      ).catch(() => []),
  };
}

function findingOf([pixelId, { envelopes, reasons }]: [string, Unreadable]): Finding[] {
  if (envelopes === 0) return [];
  const count = envelopes === 1 ? '1 envelope does' : `${envelopes} envelopes do`;
  return [failure(`pixel ${pixelId}`, `${count} not open: ${reasons.join('; ')}`, ENVELOPE_FIX)];
}
