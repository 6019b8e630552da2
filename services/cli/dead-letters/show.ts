import { contentOf } from '#dead-letters/content.ts';
import { writeAudit } from '#queue/audit.ts';
import { findPlaced, openLetters } from '#queue/dead-letters.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { ENDINGS, ENDINGS_HELP, Ending } from '../endings.ts';
import { print, printJson } from './print.ts';
import { accountOf, addAccount } from './selection.ts';
import { withRedis } from './store.ts';
import { renderStory } from './story.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';

const EXAMPLE = `capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --config capi-relay.yaml
capi-relay dead-letters show 2p1x8k4v7q3m0a.17 --reveal --json`;

export const show: Subcommand = {
  command: addAccount(createSubcommand('show', 'The whole story of one of them.', EXAMPLE))
    .argument('<id>', 'its id, as list names it')
    .option('--reveal', 'the event with its personal data, instead of masked')
    .option('--json', 'print JSON')
    .addHelpText('after', ENDINGS_HELP),
  run: async (configuration, flags, [id = '']) => {
    const { redis: where, sealing } = configuration;
    const reveal = flags['reveal'] === true;
    const letter = await withRedis(configuration, async (redis) => {
      const [found] = await findPlaced(redis, where.prefix, [id]);
      if (found === undefined) return undefined;
      if (reveal) {
        const { by, reason } = accountOf(flags);
        const what = { at: Date.now(), action: 'revealed', where: `id:${id}` } as const;
        await writeAudit(redis, where.prefix, { ...what, by, reason, replay: null, details: {} });
      }
      const [opened] = await openLetters(redis, where.prefix, [found.facts], sealerOf(sealing));
      return opened;
    });
    if (letter === undefined) {
      throw new Ending(ENDINGS.nothingMatched, `there is no dead letter “${id}”`);
    }
    const content = contentOf(letter, reveal);
    if (flags['json']) await printJson({ ...letter.facts, ...content });
    else await print(renderStory(letter.facts, content, Date.now()));
    return ENDINGS.done;
  },
};
