import { contentOf } from '#dead-letters/content.ts';
import { readSealed } from '#queue/dead-letters.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { ENDINGS, ENDINGS_HELP, Ending } from '../endings.ts';
import { print, printJson } from './print.ts';
import { withRedis } from './store.ts';
import { renderStory } from './story.ts';
import { createSubcommand, type Subcommand } from './subcommand.ts';

const EXAMPLE = `capi-relay dead-letters show track-events-3-118204-1234567890 --config capi-relay.yaml
capi-relay dead-letters show track-events-3-118204-1234567890 --reveal --json`;

export const show: Subcommand = {
  command: createSubcommand('show', 'The whole story of one of them.', EXAMPLE)
    .argument('<id>', 'its id, as list names it')
    .option('--reveal', 'the event with its personal data, instead of masked')
    .option('--json', 'print JSON')
    .addHelpText('after', ENDINGS_HELP),
  run: async (configuration, flags, [id = '']) => {
    const { redis: where, sealing } = configuration;
    const [letter] = await withRedis(configuration, (redis) =>
      readSealed(redis, where.prefix, [id]),
    );
    if (letter === undefined) {
      throw new Ending(ENDINGS.nothingMatched, `there is no dead letter “${id}”`);
    }
    const content = contentOf(letter, sealerOf(sealing), flags['reveal'] === true);
    if (flags['json']) await printJson({ ...letter.facts, ...content });
    else await print(renderStory(letter.facts, content, Date.now()));
    return ENDINGS.done;
  },
};
