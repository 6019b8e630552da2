import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { EXIT } from '#process/command.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { UNITS, UNITS_FOLDER } from './units.ts';

const names = UNITS.map(({ name }) => name);

/** The configuration that docs/deployment.md shows for these units. */
async function documentedConfiguration(): Promise<string> {
  const page = await readFile(inRepository('docs/deployment.md'), 'utf8');
  const section = page.split('\n## systemd\n')[1] ?? '';
  return /```yaml\n# \/etc\/capi-relay\/capi-relay\.yaml\n([^`]+)```/.exec(section)?.[1] ?? '';
}

/** The environment that systemd gives to the process of a unit, with its credentials in a folder. */
function environmentOf(unit: (typeof UNITS)[number], credentials: string): Record<string, string> {
  const set = (unit.settings.get('Environment') ?? []).map((each) => each.split('='));
  const given = Object.fromEntries(set.map(([key = '', ...rest]) => [key, rest.join('=')]));
  return { ...given, CREDENTIALS_DIRECTORY: credentials };
}

test('there is one for each service', () => {
  const commands = UNITS.map(({ settings }) => settings.get('ExecStart')?.[0]?.split(' ').at(-1));
  expect(commands.sort()).toEqual(['control', 'ingest', 'worker']);
});

test.each(UNITS)('$name runs the command of the package, and reloads on SIGHUP', ({ settings }) => {
  const [program, launcher] = settings.get('ExecStart')?.[0]?.split(' ') ?? [];
  expect(program).toBe('/usr/bin/node');
  expect(launcher).toBe('/opt/capi-relay/node_modules/capi-relay/services/cli/capi-relay.mjs');
  expect(settings.get('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID']);
});

test.each(UNITS)(
  '$name has what it needs of the configuration that is documented',
  async (unit) => {
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-units-'));
    try {
      const credentials = join(folder, 'credentials');
      await mkdir(credentials);
      // systemd names each file of the folder after the credential and itself.
      const [credential = ''] = unit.settings.get('LoadCredential')?.[0]?.split(':') ?? [];
      for (const name of ['sealing-key', 'access-token']) {
        const key = Buffer.alloc(32, 7).toString('base64');
        await writeFile(join(credentials, `${credential}_${name}`), key);
      }
      const file = join(folder, 'capi-relay.yaml');
      await writeFile(file, await documentedConfiguration());
      const { ingest, worker, control } = await loadConfiguration(
        file,
        environmentOf(unit, credentials),
      );
      expect(worker.port).toBe(9102);
      expect(control.backupFolder).toBe('/var/lib/capi-relay');
      const slowest = Math.max(
        ...[ingest, worker].map((each) => each.stopTimeoutMs + each.metricsLingerMs),
        control.stopTimeoutMs,
      );
      expect(Number(unit.settings.get('TimeoutStopSec')?.[0]) * 1000).toBeGreaterThanOrEqual(
        slowest + 10_000,
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test.each(UNITS)(
  '$name is not started again with a configuration that is wrong',
  ({ settings }) => {
    expect(settings.get('Restart')).toEqual(['on-failure']);
    expect(settings.get('RestartPreventExitStatus')).toEqual([String(EXIT.usage)]);
  },
);

test('what the units name, the files for users and folders create', async () => {
  const users = await readFile(join(UNITS_FOLDER, 'capi-relay.sysusers.conf'), 'utf8');
  const folders = await readFile(join(UNITS_FOLDER, 'capi-relay.tmpfiles.conf'), 'utf8');
  for (const { settings } of UNITS) {
    expect(users).toContain(`\nu ${settings.get('User')?.[0]} -`);
    expect(folders).toContain(
      `d ${settings.get('LoadCredential')?.[0]?.split(':')[1]} 0700 root root`,
    );
    expect(folders).toContain(`d /etc/capi-relay 0755 root root`);
  }
  const ofControl = UNITS.find(({ name }) => name.includes('control'));
  expect(ofControl?.settings.get('StateDirectory')).toEqual(['capi-relay']);
});

test('V8 may compile: nothing forbids memory that is written and run', () => {
  expect(names).toHaveLength(3);
  for (const { settings } of UNITS) expect(settings.has('MemoryDenyWriteExecute')).toBe(false);
});
