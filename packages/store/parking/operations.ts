import type { Keys } from '../keys.ts';
import { block, joinInput } from '../lua/change-arguments.ts';
import { NO_PARKING } from '../lua/parking.ts';
import type { ScriptArgument, ScriptInput } from '../lua/scripts.ts';
import { NO_TOPIC_ID, type ParkedAt, parkedKey, parkedName } from './ranges.ts';

/** What an intake changes in the parked ranges of a partition; lua/parking.ts says what each does. */
export type ParkingOperation = { readonly at: ParkedAt } & (
  | ({ readonly kind: 'park' } & Stretch)
  | { readonly kind: 'seen'; readonly to: number; readonly topicId: string | null }
  | { readonly kind: 'close'; readonly pixelId: string; readonly to: number | null }
  | ({ readonly kind: 'found' } & Stretch)
  | ({ readonly kind: 'lose' } & Omit<Stretch, 'events'>)
  | { readonly kind: 'keep'; readonly retentionMs: number }
);

/** A part of a partition, for one pixel. */
interface Stretch {
  readonly pixelId: string;
  readonly from: number;
  readonly to: number;
  /** How many messages of it are the pixel's. */
  readonly events: number;
  /** Kafka's, of the first message that is parked afterwards, Unix ms. */
  readonly timestamp: number;
}

/** What the script is given, in the order in which it expects it. */
export function parkingInput(
  operations: readonly ParkingOperation[],
  keys: Keys,
  groupId: string,
): ScriptInput {
  const index = { keys: [keys.parked], args: [] };
  if (operations.length === 0) return joinInput([index, NO_PARKING]);
  const args = operations.flatMap((each) => [
    each.kind,
    parkedName(groupId, each.at),
    ...factsOf(each),
  ]);
  const own = operations.flatMap((each) => [
    parkedKey(keys, groupId, each.at),
    keys.ledger('pixelId' in each ? each.pixelId : ''),
  ]);
  return joinInput([index, { keys: own, args: block(args) }]);
}

/** Pixel, from, to, events, time. */
function factsOf(operation: ParkingOperation): ScriptArgument[] {
  switch (operation.kind) {
    case 'park':
    case 'found': {
      const { pixelId, from, to, events, timestamp } = operation;
      return [pixelId, from, to, events, timestamp];
    }
    case 'lose':
      return [operation.pixelId, operation.from, operation.to, 0, operation.timestamp];
    case 'close':
      return [operation.pixelId, 0, operation.to ?? -1, 0, 0];
    case 'seen':
      return [operation.topicId ?? NO_TOPIC_ID, 0, operation.to, 0, 0];
    case 'keep':
      return ['', 0, 0, 0, operation.retentionMs];
  }
}

/** Pixel → how many of its parked events an intake found lost, as its script answers it. */
export function parseLost(text: string): Map<string, number> {
  const lost = new Map<string, number>();
  const words = text.split(' ');
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [pixelId = '', n] = words.slice(at, at + 2);
    lost.set(pixelId, (lost.get(pixelId) ?? 0) + Number(n));
  }
  return lost;
}
