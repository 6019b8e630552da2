import { contentOf, shownFacts } from '#store/dead-letters/masking.ts';
import { findPlaced, openLetters } from '#store/dead-letters/read.ts';
import { outlookOf } from '#store/dead-letters/replay/preview.ts';
import { sealerOf } from '#store/sealing.ts';
import { recordOpening } from '#store/status/audit.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { renderOutlook } from './outlook.ts';
import { print, printJson } from './print.ts';
import { accountOf, addAccount } from './selection.ts';
import { withStore } from './store.ts';
import { renderStory } from './story.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';

const EXAMPLE = `capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --config capi-relay.yaml
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --diff
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --reveal --json`;

export const show: Subcommand = {
  command: addAccount(createSubcommand('show', 'The whole story of one of them.', EXAMPLE))
    .argument('<id>', 'its id, as list names it')
    .option('--reveal', 'the event with its personal data, instead of masked')
    .option('--diff', 'also what would become of it now, and what is other than it was')
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
    const asked = flags['diff'] === true && opened !== null;
    const outlook = asked ? outlookOf(letter.facts, opened, configuration, { reveal, now }) : null;
    const facts = shownFacts(letter.facts);
    const told = outlook === null ? {} : { outlook };
    if (flags['json']) await printJson({ ...facts, ...content, ...told });
    else await print(renderStory(facts, content, now) + renderOutlook(outlook ?? []));
    return EXIT_CODES.done;
  },
};
