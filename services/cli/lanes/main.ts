import { type Command, configOption, createCommand } from '#process/command.ts';
import { collect } from '#process/option-values.ts';
import { addAccount } from '../dead-letters/options.ts';
import { createSubcommand, runSubcommands, type Subcommand } from '../subcommand.ts';

const EXAMPLE = `capi-relay lanes --config capi-relay.yaml
capi-relay lanes pause 1234567890 --reason 'the catalogue has wrong prices'
capi-relay lanes resume 1234567890
capi-relay lanes probe 1234567890    after the fix of a blocked pixel`;

const NOTES = `
A lane is the path of one pixel to Meta. A paused one sends nothing, in every worker, until a person
resumes it: no restart, reload or answer of Meta ends that. Its events wait in the queue, and those
that wait longer than Meta accepts them become dead letters.

Exit codes:
  0 done   1 failed   2 wrong usage or configuration   3 no such pixel
  5 refused: paused already, not paused, not halted, or no lane   6 Redis cannot be reached`;

const SUMMARY = 'Shows the lanes of pixels; pauses one, resumes it, or probes one that is halted.';

function addListOptions(command: Command): Command {
  return command
    .option('--pixel <id or name>', 'only this pixel; repeatable', collect)
    .option('--json', 'print JSON: an array of lanes');
}

const loadList = async () => (await import('./actions.ts')).listLanes;

const list: Subcommand = {
  command: addListOptions(
    createSubcommand('lanes list', 'Shows the lane of each pixel.', 'capi-relay lanes list --json'),
  ),
  load: loadList,
};

const WORDS: Readonly<
  Record<'pause' | 'resume' | 'probe', readonly [summary: string, example: string]>
> = {
  pause: [
    'Halts the lane of a pixel in every worker until it is resumed.',
    "capi-relay lanes pause 1234567890 --reason 'the catalogue has wrong prices'",
  ],
  resume: [
    'Ends a pause. A lane that was halted before is probed first.',
    'capi-relay lanes resume 1234567890',
  ],
  probe: [
    'Makes a halted lane send one small request at once, as a reload does.',
    "capi-relay lanes probe 1234567890 --reason 'new permission'",
  ],
};

function acting(action: keyof typeof WORDS): Subcommand {
  const command = addAccount(createSubcommand(`lanes ${action}`, ...WORDS[action]))
    .argument('<pixel>', 'the ID or the name of the pixel')
    .option('--json', 'print the lane as JSON');
  return { command, load: async () => (await import('./actions.ts')).changing(action) };
}

// Positional options: those behind an action's name belong to the action.
const program = addListOptions(createCommand('lanes', SUMMARY, EXAMPLE).addOption(configOption()))
  .addHelpText('after', NOTES)
  .enablePositionalOptions();

const ACTIONS = [list, acting('pause'), acting('resume'), acting('probe')];
for (const { command } of ACTIONS) command.addHelpText('after', NOTES);

await runSubcommands(program, [{ command: program, load: loadList }, ...ACTIONS]);
