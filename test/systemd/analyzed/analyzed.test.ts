import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UNITS } from '../units.ts';

const run = promisify(execFile);
const ANALYZE = '/usr/bin/systemd-analyze';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-units-'));
  for (const { name, text } of UNITS) {
    // This machine has its Node elsewhere, and systemd looks for each program that is named.
    await writeFile(join(folder, name), text.replaceAll('/usr/bin/node ', `${process.execPath} `));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('systemd finds no fault in the units', async () => {
  const files = UNITS.map(({ name }) => join(folder, name));
  const { stdout, stderr } = await run(ANALYZE, ['verify', ...files]);
  expect(stdout + stderr).toBe('');
});

test('it would find one', async () => {
  const [unit] = UNITS;
  const wrong = join(folder, 'wrong.service');
  await writeFile(
    wrong,
    `${unit?.text}\n[Service]\nProtectSystm=strict\nExecStart=/no/such/program\n`,
  );
  const { code, stderr } = await run(ANALYZE, ['verify', wrong]).catch((error) => error);
  expect(`${code ?? 0} ${stderr}`).toMatch(/^1 .*'ProtectSystm' in section \[Service\]/);
});

test.each(UNITS)('$name is exposed less than most', async ({ name }) => {
  // systemd's own scale, from 0 to 10: "OK" ends at 5.
  const { stdout } = await run(ANALYZE, [
    'security',
    '--offline=true',
    '--threshold=20',
    join(folder, name),
  ]);
  const [, exposure = '10'] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  expect(Number(exposure)).toBeLessThanOrEqual(2);
});
