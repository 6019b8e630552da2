import { Argument, createCommand, EXIT, runCommand } from '#process/command.ts';

const NOTES = `
Install it once, for the shell that you use:
  bash   capi-relay completion bash > ~/.local/share/bash-completion/completions/capi-relay
  zsh    capi-relay completion zsh > "\${fpath[1]}/_capi-relay"
  fish   capi-relay completion fish > ~/.config/fish/completions/capi-relay.fish
Or load it in the file that the shell reads when it starts:
  source <(capi-relay completion bash)
It completes commands, options, files and the values that an option has. Print it again after an upgrade.`;

const command = createCommand(
  'completion',
  'Prints a script that completes commands and options in a shell.',
  'source <(capi-relay completion bash)',
)
  .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
  .addHelpText('after', NOTES);

await runCommand(command, async () => {
  // Loaded only now, so that --help answers at once.
  const { completionScript } = await import('./script.ts');
  process.stdout.write(await completionScript(command.args[0] ?? '', command));
  return EXIT.done;
});
