import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { sealerOf } from '../../sealer-of.ts';
import type { Store } from '../../store.ts';
import type { Place } from '../dead-letter-pages.ts';
import { openLetters } from '../dead-letters.ts';
import { judgeAll, queuedOf } from './judging.ts';
import { progressOf, type Replay, type ReplayFields } from './record.ts';
import { createRejudge, type Rejudge } from './rejudge.ts';
import { stepOf } from './step.ts';
import { Counting } from './tally.ts';

/** A step that has been thought out, and not been done. */
export interface JudgedStep {
  readonly revival: ReturnType<typeof stepOf>;
  readonly news: Pick<Replay, 'tally' | 'queued' | 'updatedAt'>;
  /** How far the replay has come with it, when this was its last dead letter. */
  fieldsAt(place: Place | null): ReplayFields;
}

/** Opens dead letters and says what becomes of them, with the settings of the moment. */
export type Judge = (
  letters: readonly DeadLetterFacts[],
  replay: Replay,
  now: number,
) => Promise<JudgedStep>;

export function createJudge(rooms: {
  readonly store: Store;
  readonly configuration: () => Configuration;
}): Judge {
  let made: { readonly of: Configuration; readonly rejudge: Rejudge } | null = null;
  const rejudgeOf = (configuration: Configuration): Rejudge => {
    if (made?.of === configuration) return made.rejudge;
    const rejudge = createRejudge(configuration.pixels, configuration.ingest);
    made = { of: configuration, rejudge };
    return rejudge;
  };
  return async (letters, replay, now) => {
    const configuration = rooms.configuration();
    const { sealing, ingest, pixels } = configuration;
    const sealer = sealerOf(sealing);
    const opened = await openLetters(rooms.store, letters, sealer);
    const tally = Counting.of(replay.tally);
    const pixelIds = new Set(pixels.map(({ pixelId }) => pixelId));
    const policy = { ...replay.spec, pixelIds };
    const rejudge = rejudgeOf(configuration);
    const judged = judgeAll(letters, opened, { rejudge, policy, tally, now });
    const queued = replay.queued + queuedOf(judged);
    return {
      revival: stepOf(replay.spec.id, judged, sealer, ingest.envelope),
      news: { tally, queued, updatedAt: now },
      fieldsAt: (place) => progressOf(place, tally, queued, now),
    };
  };
}
