import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { findPlaced, openLetters } from '#store/dead-letters/read.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { sealerOf } from '#store/sealing.ts';
import { recordOpening } from '#store/status/audit.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { print, printJson } from '../output/print.ts';
import { withStore } from '../store.ts';
import { createSubcommand, type Subcommand } from '../subcommand.ts';
import { renderDetails, renderReplayPreviews } from './details.ts';
import { accountOf, addAccount } from './selection.ts';

const EXAMPLE = `capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --config capi-relay.yaml
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --diff
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --reveal --json`;

const SUMMARY = 'Shows one dead letter: its history, the error and the event.';

export const show: Subcommand = {
  command: addAccount(createSubcommand('dead-letters show', SUMMARY, EXAMPLE))
    .argument('<id>', 'the id that list prints')
    .option('--reveal', 'show personal data instead of masking it; recorded in the audit trail')
    .option('--diff', 'also show what a replay would do now, and what differs from before')
    .option('--json', 'print JSON')
    .addHelpText('after', EXIT_CODES_HELP),
  run: async (configuration, flags, [id = '']) => {
    const sealer = sealerOf(configuration.sealing);
    const reveal = flags['reveal'] === true;
    const letter = await withStore(configuration, async (store) => {
      const [found] = await findPlaced(store, sealer, [id]);
      if (found === undefined) return undefined;
      if (reveal) {
        const opening = { action: 'revealed', where: `id:${id}`, command: 'show' } as const;
        await recordOpening(store, { ...opening, ...accountOf(flags) });
      }
      const [opened] = await openLetters(store, [found.facts], sealer);
      return opened;
    });
    if (letter === undefined) {
      throw new ExitError(EXIT_CODES.nothingMatched, `there is no dead letter “${id}”`);
    }
    const content = contentOf(letter, reveal);
    const now = Date.now();
    const opened = Buffer.isBuffer(letter.content) ? letter.content : null;
    const replayPreviews =
      flags['diff'] === true && opened !== null
        ? previewReplay(letter.facts, opened, configuration, { reveal, now })
        : null;
    const facts = shownFacts(letter.facts);
    if (flags['json']) {
      await printJson({
        ...facts,
        ...content,
        ...(replayPreviews === null ? {} : { replayPreviews }),
      });
    } else {
      await print(renderDetails(facts, content, now) + renderReplayPreviews(replayPreviews ?? []));
    }
    return EXIT_CODES.done;
  },
};
