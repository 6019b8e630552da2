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
  | ({ readonly kind: 'found'; readonly gone: number } & Stretch)
  | ({ readonly kind: 'lose' | 'drop' } & Omit<Stretch, 'events'>)
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

/** Pixel, from, to, events, time, gone. */
function factsOf(operation: ParkingOperation): ScriptArgument[] {
  switch (operation.kind) {
    case 'park':
    case 'found': {
      const { pixelId, from, to, events, timestamp } = operation;
      const gone = operation.kind === 'found' ? operation.gone : 0;
      return [pixelId, from, to, events, timestamp, gone];
    }
    case 'lose':
    case 'drop':
      return [operation.pixelId, operation.from, operation.to, 0, operation.timestamp, 0];
    case 'close':
      return [operation.pixelId, 0, operation.to ?? -1, 0, 0, 0];
    case 'seen':
      return [operation.topicId ?? NO_TOPIC_ID, 0, operation.to, 0, 0, 0];
    case 'keep':
      return ['', 0, 0, 0, operation.retentionMs, 0];
  }
}

/** Parked events of a pixel that an intake gave up. */
export interface Gone {
  /** Kafka has deleted them. */
  readonly lost: number;
  /** The pixel does not select them any more, or is not configured any more. */
  readonly leftOut: number;
}

/** By pixel, as the script of an intake answers it. */
export function parseGone(text: string): Map<string, Gone> {
  const gone = new Map<string, Gone>();
  const words = text.split(' ');
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [pixelId = '', lost, leftOut] = words.slice(at, at + 3);
    const known = gone.get(pixelId) ?? { lost: 0, leftOut: 0 };
    gone.set(pixelId, {
      lost: known.lost + Number(lost),
      leftOut: known.leftOut + Number(leftOut),
    });
  }
  return gone;
}
