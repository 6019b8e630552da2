import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { traceLetter } from '#store/receipts/trace-letter.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printResult } from '../output/print.ts';
import { jsonOfTraced, renderTraced } from '../trace/traced-event.ts';
import { renderDetails, renderReplayPreviews } from './details.ts';
import { findLetter, idOf } from './selection.ts';

/** Prints one dead letter. */
export async function showLetter(context: ActionContext): Promise<number> {
  const { configuration, names, flags, args } = context;
  const reveal = flags['reveal'] === true;
  const opening = reveal ? ({ action: 'revealed', command: 'show' } as const) : null;
  const id = await idOf(context, args[0]);
  const letter = await findLetter(context, id, opening);
  if (letter === null) return showEnd(context, id);
  const content = contentOf(letter, reveal);
  const now = Date.now();
  const replayPreviews =
    flags['diff'] === true && Buffer.isBuffer(letter.content)
      ? previewReplay(letter.facts, letter.content, configuration, { reveal, now })
      : null;
  const facts = shownFacts(letter.facts);
  const value = {
    ...names.beside(facts),
    ...content,
    ...(replayPreviews === null ? {} : { replayPreviews }),
  };
  const text =
    renderDetails(facts, content, now, names) + renderReplayPreviews(replayPreviews ?? [], names);
  return printResult(flags, value, text);
}

/** Says what became of a dead letter that is gone. @throws ExitError where that is not known */
async function showEnd(context: ActionContext, id: string): Promise<number> {
  const { flags, configuration, names } = context;
  const end = await traceLetter(context, id);
  if (end === null) {
    const kept = configuration.receipts.enabled
      ? 'or its receipts are older than receipts.keepHours'
      : 'and receipts are off: set receipts.enabled to know of those that were replayed';
    throw new ExitError(EXIT_CODES.nothingMatched, `there is no dead letter “${id}”, ${kept}`);
  }
  const gone = { id, gone: end.how };
  switch (end.how) {
    case 'purged':
      return printResult(flags, gone, `Dead letter ${id} was purged.\n`);
    case 'replayed': {
      const text = `Dead letter ${id} was replayed.\n\n${end.events.map((event) => renderTraced(event, names)).join('\n')}`;
      return printResult(flags, { ...gone, events: end.events.map(jsonOfTraced) }, text);
    }
    case 'succeeded': {
      const text = `Dead letter ${id} is gone: it was edited, or replayed and died again.\n  see: capi-relay dead-letters show ${end.by.id}\n`;
      return printResult(flags, { ...gone, deadLetter: shownFacts(end.by) }, text);
    }
  }
}
