import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { printResult } from '../output/print.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { renderDetails, renderReplayPreviews } from './details.ts';
import { addAccount, openLetter } from './selection.ts';

const EXAMPLE = `capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --config capi-relay.yaml
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --diff
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --reveal --json`;

const SUMMARY = 'Shows one dead letter: its history, the error and the event.';

export const show: Subcommand = {
  command: addAccount(createSubcommand('dead-letters show', SUMMARY, EXAMPLE))
    .argument('<id>', 'the id that list prints')
    .option('--reveal', 'show personal data instead of masking it; recorded in the audit trail')
    .option('--diff', 'also show what a replay would do now, and what differs from before')
    .option('--json', 'print JSON'),
  run: async (context) => {
    const { configuration, flags, args } = context;
    const reveal = flags['reveal'] === true;
    const opening = reveal ? ({ action: 'revealed', command: 'show' } as const) : null;
    const letter = await openLetter(context, args[0] ?? '', opening);
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
  },
};
