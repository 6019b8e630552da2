import { z } from 'zod';
import { ExpectedError } from '#config/errors.ts';
import { type CauseGroup, causeKey, groupName } from '#core/dead-letter/groups.ts';
import { type AuditEntry, auditArguments } from '../status/audit.ts';
import type { Store } from '../store.ts';
import { parseStored, UnreadableValue } from '../stored-value.ts';
import { readGroups } from './read.ts';

const ENTRY = z.object({
  by: z.string(),
  /** Why, in their words. */
  reason: z.string().nullable(),
  /** Unix ms. */
  at: z.number(),
  /** When it ends, Unix ms; null where it holds until the cause changes. */
  until: z.number().nullable(),
  /** How many dead letters of the cause there were. */
  events: z.number(),
});

/** A cause of dead letters that a person knows of. */
export type Acknowledgement = Readonly<z.infer<typeof ENTRY>>;

/** By the name of their cause. */
export type Acknowledgements = ReadonlyMap<string, Acknowledgement>;

/** A cause and how many dead letters it has. */
type CountedCause = Pick<
  CauseGroup,
  'pixelId' | 'stage' | 'reason' | 'code' | 'subcode' | 'message' | 'events'
>;

/** The name of a cause, as filters have it. */
export function causeName(cause: CountedCause): string {
  return groupName(causeKey(cause));
}

export async function readAcknowledged({ redis, keys }: Store): Promise<Acknowledgements> {
  const found = Object.entries(await redis.hgetall(keys.dead.acknowledged));
  return new Map(
    found.flatMap(([name, text]) => {
      const entry = parseEntry(text);
      return entry === null ? [] : [[name, entry] as const];
    }),
  );
}

/** What a newer release or something else wrote acknowledges nothing. */
function parseEntry(text: string): Acknowledgement | null {
  try {
    return parseStored(text, 'an acknowledged cause', ENTRY);
  } catch (error) {
    if (error instanceof UnreadableValue) return null;
    throw error;
  }
}

/**
 * The acknowledgement of a cause that still holds: until it ends, and while the cause does not change.
 * A cause changes when another event dies of it; one that was replayed or purged does not change it.
 */
export function acknowledgementOf(
  all: Acknowledgements,
  name: string,
  events: number,
  now: number,
): Acknowledgement | null {
  const found = all.get(name);
  if (found === undefined || events > found.events) return null;
  return found.until === null || now < found.until ? found : null;
}

/** Groups without those whose acknowledgement holds. */
export function withoutAcknowledged<G extends CountedCause>(
  groups: readonly G[],
  all: Acknowledgements,
  now: number,
): readonly G[] {
  if (all.size === 0) return groups;
  return groups.filter((group) => {
    return acknowledgementOf(all, causeName(group), group.events, now) === null;
  });
}

interface Acknowledging extends Pick<Acknowledgement, 'by' | 'reason'> {
  /** As a filter, for the audit trail. */
  readonly where: string;
  /** Unix ms. */
  readonly now: number;
}

/**
 * Acknowledges causes, after the audit trail has it. Of causes that have no dead letters any more, acknowledgements are removed.
 * @throws ExpectedError when the audit trail does not take it
 */
export async function acknowledge(
  store: Store,
  causes: readonly { readonly cause: string; readonly events: number }[],
  { until, ...given }: Acknowledging & Pick<Acknowledgement, 'until'>,
): Promise<void> {
  const { redis, keys } = store;
  const { by, reason, now: at } = given;
  const details = { causes: causes.length, until: timeText(until) };
  await record(store, 'cause_acknowledged', { ...given, details });
  const entries = causes.map(({ cause, events }): [string, string] => {
    const entry: Acknowledgement = { by, reason, at, until, events };
    return [cause, JSON.stringify(entry)];
  });
  await redis.hset(keys.dead.acknowledged, ...entries.flat());
  const names = new Set((await readGroups(store)).map(causeName));
  const gone = [...(await readAcknowledged(store)).keys()].filter((name) => !names.has(name));
  if (gone.length > 0) await redis.hdel(keys.dead.acknowledged, ...gone);
}

/** Ends the acknowledgement of causes; resolves to how many had one. */
export async function reopen(
  store: Store,
  causes: readonly string[],
  given: Acknowledging,
): Promise<number> {
  await record(store, 'cause_reopened', { ...given, details: { causes: causes.length } });
  return store.redis.hdel(store.keys.dead.acknowledged, ...causes);
}

async function record(
  { redis, keys }: Store,
  action: 'cause_acknowledged' | 'cause_reopened',
  { by, reason, where, now, details }: Acknowledging & Pick<AuditEntry, 'details'>,
): Promise<void> {
  const entry: AuditEntry = { at: now, by, action, reason, where, replay: null, details };
  await redis.xadd(keys.audit, ...auditArguments(entry)).catch((error: Error) => {
    const words = `the audit trail cannot be written (${error.message.slice(0, 200)})`;
    throw new ExpectedError(`${words}: nothing was changed`);
  });
}

function timeText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
