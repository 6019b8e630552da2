import { createCommand, EXIT, runCommand } from '#process/command.ts';

const command = createCommand(
  'version',
  'Prints what runs: the release, its commit where that is known, Node and the platform.',
  'capi-relay version --json',
).option('--json', 'print JSON: {"release": …, "commit": … or null, "node": …, "platform": …}');

await runCommand(command, async ({ json }) => {
  // Loaded only now, so that --help answers at once.
  const { readVersion, renderVersion } = await import('./version.ts');
  const version = readVersion();
  process.stdout.write(json === true ? `${JSON.stringify(version)}\n` : renderVersion(version));
  return EXIT.done;
});
