import { configOption, createCommand, runCommand } from '#process/command.ts';

const command = createCommand(
  'console',
  'Serves pages for people: what flows, what is dead and why, and replays. Read-only unless told otherwise.',
  `capi-relay console --config capi-relay.yaml
capi-relay console --allow-actions --config capi-relay.yaml`,
)
  .addOption(configOption())
  .option('--allow-actions', 'let operators replay and purge, as console.actions does');

await runCommand(command, async (options) => {
  // Loaded only now, so that --help answers at once.
  const { runService } = await import('#process/service.ts');
  const { startConsole } = await import('./console.ts');
  return runService('console', options, (configuration, metrics, logger) => {
    const actions = configuration.console.actions || options['allowActions'] === true;
    const allowed = { ...configuration, console: { ...configuration.console, actions } };
    return startConsole(allowed, metrics, logger);
  });
});
