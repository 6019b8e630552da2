import type { RedisConfiguration } from '#config/configuration.ts';
import { describePlace } from '#config/redis-place.ts';
import { type NamedPixel, PixelNames } from '#core/pixel-names.ts';
import { type TlsFault, tlsFault } from '#core/text/tls-fault.ts';
import { LOCATED_TLS, loginRefusal, REDIS_TLS } from '#store/connection-cause.ts';
import { readUnreadable, type Unreadable } from '#store/delivery/poison.ts';
import { inspectRedis, type RedisFinding } from '#store/health.ts';
import { tryIntake } from '#store/intake/trial.ts';
import { describeNode, nodeFindings } from '#store/redis-node.ts';
import { type Store, withStore } from '#store/store.ts';
import { inspectTopology } from '#store/topology/inspect.ts';
import { reachedServer } from '#store/topology/locating-connector.ts';
import { NotLocated } from '#store/topology/not-located.ts';
import { type ConnectionCheck, type Finding, failure, ok, warning } from './finding.ts';

/**
 * Whether Redis answers, lets its user run every command, keeps what is written, and accepts an intake.
 * @param pixels how many there are: a worker makes a connection for each
 */
export function checkRedis(address: RedisConfiguration, pixels: number): ConnectionCheck {
  return {
    subject: 'Redis',
    fix: fixOf(address),
    explain: (reason) => explain(address, reason),
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async (store) => {
        const started = performance.now();
        await store.redis.ping();
        const { findings, node } = await inspectRedis(store);
        const topology = await inspectTopology(store.redis, address);
        findings.push(...topology.findings);
        if (node !== null) findings.push(...nodeFindings(node, pixels));
        const took = `${reachedServer(store.redis)} answers in ${(performance.now() - started).toFixed(1)} ms`;
        return [
          ok('Redis', took),
          ...topology.lines.map((line) => ok('Redis', line)),
          ...(node === null ? [] : [ok('Redis', describeNode(node)), ...notChecked(node.unasked)]),
          ...findings.map(({ level, problem, fix }) =>
            level === 'danger' ? failure('Redis', problem, fix) : warning('Redis', problem, fix),
          ),
          ...(await checkIntake(store, findings)),
        ];
      }),
  };
}

function fixOf(address: RedisConfiguration): string {
  const { url, sentinels, tls } = address;
  const place = describePlace(address);
  if (url !== undefined) {
    return `start Redis at ${place}, or correct redis.url; a server that closes the connection may want TLS: rediss://`;
  }
  const which = sentinels === undefined ? 'cluster' : 'sentinels';
  const secured = tls === undefined ? '; where Redis speaks TLS alone, give redis.tls' : '';
  return `see that ${place} runs, or correct redis.${which}${secured}`;
}

/** A refused login, and what TLS finds wrong or hides. */
function explain(address: RedisConfiguration, reason: unknown): TlsFault | null {
  const { url, tls } = address;
  if (reason instanceof NotLocated) {
    const login = `redis.${address.sentinels === undefined ? '' : 'sentinels.'}`;
    const fix = reason.isRefusal
      ? `correct ${login}username and ${login}passwordFile`
      : fixOf(address);
    return { problem: reason.message, fix };
  }
  const refusal = loginRefusal(reason);
  if (refusal !== null) {
    const place = url === undefined ? '' : 'the password in redis.url (or REDIS_URL), or ';
    const fix = `correct ${place}redis.username and redis.passwordFile`;
    return { problem: `refuses the login: ${refusal}`, fix };
  }
  const { code, message } = reason as { code?: unknown; message?: unknown };
  const known = tlsFault(code, url === undefined ? LOCATED_TLS : REDIS_TLS);
  if (known !== null) return known;
  const isPlain = url === undefined ? tls === undefined : url.startsWith('redis:');
  if (code === 'ECONNRESET' || message === 'Connection is closed.') {
    if (isPlain) return url === undefined ? ONLY_TLS_LOCATED : ONLY_TLS;
    return tls?.certFile === undefined ? NO_CERTIFICATE : null;
  }
  return code === 'ETIMEDOUT' && !isPlain ? NO_TLS : null;
}

/** What a server does that speaks TLS alone. */
const ONLY_TLS: TlsFault = {
  problem: 'closes the connection, as a server does that speaks only TLS',
  fix: 'write rediss:// in redis.url (or REDIS_URL), or see why it closes connections',
};

const ONLY_TLS_LOCATED: TlsFault = {
  problem: ONLY_TLS.problem,
  fix: 'give redis.tls, or see why it closes connections',
};

/** The alert that says so is often lost with the connection. */
const NO_CERTIFICATE: TlsFault = {
  problem: 'closes the connection, as a server does that wants a client certificate',
  fix: 'name one in redis.tls.certFile, with its key in keyFile',
};

/** A Redis without TLS waits for the end of what it takes for a command. */
const NO_TLS: TlsFault = {
  problem: 'does not answer in TLS (ETIMEDOUT)',
  fix: 'see that it runs and that its port speaks TLS, or write redis:// in redis.url',
};

/** Nothing that anyone can fix, where the provider does not allow it; but it must be known. */
function notChecked(settings: readonly string[]): Finding[] {
  if (settings.length === 0) return [];
  const message = `does not let CONFIG GET be asked: not checked are ${settings.join(', ')}`;
  return [ok('Redis', message)];
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
  address: RedisConfiguration,
  pixels: readonly NamedPixel[],
): ConnectionCheck {
  const names = new PixelNames(pixels);
  const pixelIds = pixels.map(({ pixelId }) => pixelId);
  return {
    subject: 'envelopes',
    fix: 'see the findings about Redis',
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async (store) =>
        [...(await readUnreadable(store, pixelIds))].flatMap(([pixelId, found]) =>
          findingsOf(names.label(pixelId), found),
        ),
      ).catch(() => []),
  };
}

function findingsOf(label: string, { envelopes, reasons }: Unreadable): Finding[] {
  if (envelopes === 0) return [];
  const count = envelopes === 1 ? '1 envelope does' : `${envelopes} envelopes do`;
  return [failure(`pixel ${label}`, `${count} not open: ${reasons.join('; ')}`, ENVELOPE_FIX)];
}
