import type { Configuration } from '#config/configuration.ts';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import type { Json } from '#core/event/track-event.ts';
import { readRecord, sentJson } from '#core/record/record.ts';
import { differenceLines, differencesOf } from '../edit.ts';
import { maskServerEvent } from '../masking.ts';
import { NOTHING_ASKED, skipReasonOf } from './eligibility.ts';
import { createRemap } from './remap.ts';

/** What would become of a dead letter for one pixel if it were replayed now. */
export interface ReplayPreview {
  readonly pixelId: string | null;
  readonly outcome: 'deliver' | 'filter' | 'reject' | 'skip';
  readonly reason: string | null;
  readonly message: string | null;
  /** The server event as Meta would get it, hashed; what is personal masked unless revealed. */
  readonly event: unknown;
  /** What is other than it was when it was refused, one place a line. */
  readonly changes: readonly string[];
}

/** `now` is Unix ms. */
export function previewReplay(
  facts: DeadLetterFacts,
  content: Buffer,
  { pixels, ingest }: Pick<Configuration, 'pixels' | 'ingest'>,
  { reveal, now }: { readonly reveal: boolean; readonly now: number },
): ReplayPreview[] {
  const pixelIds = new Set(pixels.map(({ pixelId }) => pixelId));
  const policy = { ...NOTHING_ASKED, pixelIds };
  const skip = skipReasonOf(facts, now, policy);
  const results = skip ?? createRemap(pixels, ingest)(facts, content, now);
  if (typeof results === 'string') {
    return [{ pixelId: facts.pixelId, outcome: 'skip', ...NOTHING, reason: results }];
  }
  return results.map((result) => {
    const { pixelId, kind } = result;
    if (kind === 'queued') {
      const event = shown(result.line, reveal);
      const changes = changesOf(facts, content, event, reveal);
      return { pixelId, outcome: 'deliver', ...NOTHING, event, changes };
    }
    const message = kind === 'dead' ? result.message : null;
    const outcome = kind === 'dead' ? 'reject' : 'filter';
    return { pixelId, outcome, ...NOTHING, reason: result.reason, message };
  });
}

const NOTHING = { reason: null, message: null, event: null, changes: [] };

function shown(line: Buffer, reveal: boolean): unknown {
  const event = JSON.parse(sentJson(readRecord(line))) as Json;
  return reveal ? event : maskServerEvent(event);
}

/** What the mapping refused never was a server event: all of it is new. */
function changesOf(
  facts: DeadLetterFacts,
  content: Buffer,
  now: unknown,
  reveal: boolean,
): string[] {
  const differences = (before: unknown): string[] => differenceLines(differencesOf(before, now));
  if (facts.holds === 'record') return differences(shown(content, reveal));
  return [`- refused: ${facts.reason}, ${facts.message}`, ...differences({})];
}
