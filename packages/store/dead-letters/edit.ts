import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { jsonText, READABLE_LEVELS } from '#core/event/json-text.ts';
import { readMessage, writeMessage } from '#core/event/kafka-message.ts';
import { asObject, type Json, parseEvent } from '#core/event/track-event.ts';
import { readRecord, rewriteRecord } from '#core/record/record.ts';
import { ownerName } from '../locks.ts';
import type { SealedStore } from '../store.ts';
import { withLock } from './change.ts';

/** A change of one place in an event: a new value, or none. */
export interface Edit {
  readonly path: readonly string[];
  /** Undefined takes it out. */
  readonly value: unknown;
}

/** What must never change, so that Meta recognises the event, and counts it when it happened. */
const FIXED: Readonly<Record<DeadLetterFacts['holds'], readonly string[]>> = {
  message: ['messageId', 'timestamp', 'originalTimestamp', 'sentAt', 'receivedAt'],
  record: ['event_id', 'event_time'],
};

/** Names that no place in an event has: on an object, they would mean something else. */
export const UNSAFE_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/**
 * The event as a person edits it: the Track event; or `clear` and `personal` of the server event. Null
 * where there is none that could be read.
 */
export function editable(holds: DeadLetterFacts['holds'], content: Buffer): Json | null {
  try {
    if (holds === 'record') {
      const { plain, personal } = readRecord(content);
      return { clear: plain, personal };
    }
    const parsed = parseEvent(readMessage(content).value, Number.POSITIVE_INFINITY);
    return 'event' in parsed ? parsed.event : null;
  } catch {
    return null;
  }
}

/** The event with its edits; a text says why one of them cannot be. */
export function applyEdits(event: Json, edits: readonly Edit[]): Json | string {
  const edited: Record<string, unknown> = { ...event };
  for (const { path, value } of edits) {
    const problem = applyOne(edited, path, value);
    if (problem !== null) return problem;
  }
  return edited;
}

/** Copies what stands on the way, so that the event that is edited stays as it was. */
function applyOne(
  event: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): string | null {
  const last = path.at(-1) ?? '';
  const where = path.join('.');
  if (last === '' || path.some((name) => UNSAFE_NAMES.includes(name))) {
    return `${where} is no place in an event`;
  }
  let at: Record<string, unknown> = event;
  for (const name of path.slice(0, -1)) {
    const next = ownOf(at, name) ?? null;
    if (next === null && value === undefined) return null;
    if (next !== null && typeof next !== 'object') return `${where}: ${name} is no object`;
    if (!isIndexIn(at, name)) return `${where}: ${name} is no element of its list`;
    at[name] = Array.isArray(next) ? [...next] : { ...next };
    at = at[name] as Record<string, unknown>;
  }
  if (!Array.isArray(at)) {
    if (value === undefined) delete at[last];
    else at[last] = value;
    return null;
  }
  if (value === undefined) return `${where}: an element of a list cannot be removed; set the list`;
  if (!isIndexIn(at, last)) return `${where}: ${last} is no element of its list`;
  at[last] = value;
  return null;
}

/** Whether a name can be set there; of a list only what it has, or the place behind its end. */
function isIndexIn(at: object, name: string): boolean {
  if (!Array.isArray(at)) return true;
  return /^(0|[1-9]\d{0,8})$/.test(name) && Number(name) <= at.length;
}

/** Whether a change of a place could change what must never change. */
export function isFixedPlace(holds: DeadLetterFacts['holds'], path: readonly string[]): boolean {
  const [name = '', below] = holds === 'message' ? ['', path[0]] : path;
  if (holds === 'record' && name !== 'clear') return false;
  return below === undefined || FIXED[holds].includes(below);
}

/** The names whose values differ and must not. */
export function changedFixed(holds: DeadLetterFacts['holds'], before: Json, after: Json): string[] {
  const of = (event: Json): Json => (holds === 'record' ? (asObject(event['clear']) ?? {}) : event);
  return FIXED[holds].filter((name) => jsonText(of(before)[name]) !== jsonText(of(after)[name]));
}

/** The content of the dead letter with the edited event in place of the one it had. */
export function withEvent(holds: DeadLetterFacts['holds'], content: Buffer, event: Json): Buffer {
  if (holds === 'record') {
    const [plain, personal] = [asObject(event['clear']) ?? {}, asObject(event['personal']) ?? {}];
    return rewriteRecord(content, { plain, personal });
  }
  return writeMessage({ ...readMessage(content), value: Buffer.from(jsonText(event), 'utf8') });
}

/** Where two events differ. */
export interface Difference {
  readonly path: readonly string[];
  /** Undefined where there is none. */
  readonly before: unknown;
  readonly after: unknown;
}

/** Where two events differ, place by place; below a number of levels, places are not compared. */
export function differencesOf(
  before: unknown,
  after: unknown,
  path: readonly string[] = [],
): Difference[] {
  // As JSON, but nothing is not the same as a null.
  const areBoth = (before === undefined) === (after === undefined);
  if (areBoth && jsonText(before) === jsonText(after)) return [];
  const [was, is] = [asObject(before), asObject(after)];
  if (was === null || is === null || path.length >= READABLE_LEVELS) {
    return [{ path, before, after }];
  }
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return names.flatMap((name) => differencesOf(ownOf(was, name), ownOf(is, name), [...path, name]));
}

/** What an object itself has under a name, and nothing that it inherits. */
export function ownOf(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Differences one place a line: `- place: was`, `+ place: is`. */
export function differenceLines(differences: readonly Difference[]): string[] {
  return differences.flatMap(({ path, before, after }) => [
    ...(before === undefined ? [] : [`- ${path.join('.')}: ${jsonText(before)}`]),
    ...(after === undefined ? [] : [`+ ${path.join('.')}: ${jsonText(after)}`]),
  ]);
}

/**
 * Puts another content into a dead letter, in one step and with an audit entry. The original, sealed,
 * stays in the audit trail. The dead letter has a new id afterwards.
 *
 * @throws LockError while another process replays or purges
 */
export function replaceContent(
  facts: DeadLetterFacts,
  { before, after }: { readonly before: Buffer; readonly after: Buffer },
  account: {
    readonly by: string;
    readonly reason: string | null;
    readonly changed: readonly string[];
  },
  store: SealedStore,
): Promise<void> {
  const { id, ...rest } = facts;
  const { by, reason, changed } = account;
  const original = store.sealer.seal(before, `edited:${id}`).toString('base64');
  const what = { at: Date.now(), action: 'edited', where: `id:${id}`, replay: null } as const;
  const change = {
    removed: [facts],
    inserted: [{ facts: rest, content: after }],
    audit: { ...what, by, reason, details: { changed, original } },
  };
  return withLock(store, ownerName('edit'), (commit) => commit(change, 'nothing was changed'));
}
