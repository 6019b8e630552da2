import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { RedisSentinels } from '#config/configuration.ts';
import { connectionCause, SENTINEL_TLS } from '../connection-cause.ts';
import type { RedisFinding } from '../redis-node.ts';
import { openSentinels } from '../secured-redis.ts';
import { writeAddress } from './locating-connector.ts';

/** What is known of where Redis is: lines that say it, and what a person should know of it. */
export interface Topology {
  readonly lines: readonly string[];
  readonly findings: readonly RedisFinding[];
}

/** What one Sentinel says of the primary; a text where it does not answer. */
type View = z.infer<typeof FIELDS> | string;

const FIELDS = z.object({
  ip: z.string(),
  port: z.coerce.number<string>(),
  flags: z.string(),
  quorum: z.coerce.number<string>(),
  'num-slaves': z.coerce.number<string>(),
  'num-other-sentinels': z.coerce.number<string>(),
});

/** Asks every Sentinel of the configuration: the others would not miss one that is gone. */
export async function inspectSentinels(sentinels: RedisSentinels): Promise<Topology> {
  const open = openSentinels(sentinels);
  const { nodes, name } = sentinels;
  const asked = await Promise.all(nodes.map((node) => viewOf(open(node), name)));
  const views = asked.filter((view) => typeof view !== 'string');
  const silent = asked.flatMap((view, at) =>
    typeof view === 'string' ? [`${nodes[at]} (${view})`] : [],
  );
  const [view] = views;
  const findings = silent.length === 0 ? [] : [silentFinding(silent)];
  if (view === undefined) return { lines: [], findings };
  const primaries = [...new Set(views.map(({ ip, port }) => writeAddress({ host: ip, port })))];
  const known = view['num-other-sentinels'] + 1;
  const line = `Sentinels name ${primaries.join(' and ')} as the primary "${name}"; ${views.length} of ${nodes.length} answer; quorum ${view.quorum} of ${known}`;
  findings.push(
    ...judge(view, { primaries, known, answering: views.length, listed: nodes.length }),
  );
  return { lines: [line], findings };
}

async function viewOf(redis: Redis, name: string): Promise<View> {
  let reason: Error | null = null;
  redis.on('error', (error: Error) => {
    reason ??= error;
  });
  try {
    await redis.connect();
    const flat = z.array(z.string()).parse(await redis.call('SENTINEL', 'MASTER', name));
    const pairs = flat.flatMap((key, at) => (at % 2 === 0 ? [[key, flat[at + 1]]] : []));
    return FIELDS.parse(Object.fromEntries(pairs));
  } catch (error) {
    const found = reason ?? (error as Error);
    return found.name === 'ReplyError' ? found.message : connectionCause(found, SENTINEL_TLS).cause;
  } finally {
    redis.disconnect();
  }
}

function silentFinding(silent: readonly string[]): RedisFinding {
  const problem = `Sentinels that do not say where the primary is: ${silent.join(', ')}`;
  const fix = 'start them, or correct redis.sentinels';
  return { level: 'warning', problem, fix };
}

interface Count {
  readonly primaries: readonly string[];
  readonly known: number;
  readonly answering: number;
  readonly listed: number;
}

/** Source: https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/ */
function judge(
  view: z.infer<typeof FIELDS>,
  { primaries, known, answering, listed }: Count,
): RedisFinding[] {
  const findings: RedisFinding[] = [];
  const add = (level: RedisFinding['level'], problem: string, fix: string): void =>
    void findings.push({ level, problem, fix });
  if (primaries.length > 1) {
    const problem = `the Sentinels do not agree on the primary: ${primaries.join(', ')}`;
    add('warning', problem, 'see whether they reach each other; after a failover, wait a moment');
  }
  if (/\b[so]_down\b/.test(view.flags)) {
    add('danger', 'the Sentinels take the primary for down', 'see why it does not answer them');
  }
  const majority = Math.floor(known / 2) + 1;
  if (known < Math.max(view.quorum, 3)) {
    const problem = `${known} Sentinels with quorum ${view.quorum} do not survive the loss of one`;
    add('warning', problem, 'run three, on machines that fail apart, with quorum 2');
  } else if (listed >= known && answering < Math.max(majority, view.quorum)) {
    const problem = `${answering} of ${known} Sentinels answer: no failover can happen`;
    add('danger', problem, 'start the others');
  }
  if (listed < known) {
    const problem = `redis.sentinels lists ${listed} of ${known} Sentinels: without those nothing finds the primary`;
    add('warning', problem, 'list all of them');
  }
  if (view['num-slaves'] === 0) {
    add('warning', 'the primary has no replica: there is nothing to fail over to', 'add a replica');
  }
  return findings;
}
