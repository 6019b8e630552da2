import { configOption, createCommand, runCommand } from '#process/command.ts';

const command = createCommand(
  'control',
  'Does what concerns the whole fleet (detached replays, the topic of dead letters, gauges), and serves pages for people: what flows, what is dead and why. Read-only unless told otherwise.',
  `capi-relay control --config capi-relay.yaml
capi-relay control --allow-actions --config capi-relay.yaml`,
)
  .addOption(configOption())
  .option('--allow-actions', 'let operators replay and purge, as control.actions does');

await runCommand(command, async (options) => {
  // Loaded only now, so that --help answers at once.
  const { runService } = await import('#process/service.ts');
  const { startControl } = await import('./control.ts');
  const { CONTROL_METRICS } = await import('./metrics.ts');
  return runService('control', CONTROL_METRICS, options, (configuration, metrics, logger) => {
    const actions = configuration.control.actions || options['allowActions'] === true;
    const allowed = { ...configuration, control: { ...configuration.control, actions } };
    return startControl(allowed, metrics, logger);
  });
});
