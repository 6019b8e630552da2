import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import type { ActionContext } from '../action.ts';
import { printResult } from '../output/print.ts';
import { renderDetails, renderReplayPreviews } from './details.ts';
import { idOf, openLetter } from './selection.ts';

/** Prints one dead letter. */
export async function showLetter(context: ActionContext): Promise<number> {
  const { configuration, flags, args } = context;
  const reveal = flags['reveal'] === true;
  const opening = reveal ? ({ action: 'revealed', command: 'show' } as const) : null;
  const letter = await openLetter(context, await idOf(context, args[0]), opening);
  const content = contentOf(letter, reveal);
  const now = Date.now();
  const replayPreviews =
    flags['diff'] === true && Buffer.isBuffer(letter.content)
      ? previewReplay(letter.facts, letter.content, configuration, { reveal, now })
      : null;
  const facts = shownFacts(letter.facts);
  const value = { ...facts, ...content, ...(replayPreviews === null ? {} : { replayPreviews }) };
  const text = renderDetails(facts, content, now) + renderReplayPreviews(replayPreviews ?? []);
  return printResult(flags, value, text);
}
