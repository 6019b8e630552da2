import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bashCompletion } from '#cli/completion/bash.ts';
import { type CommandDescription, describeCommands } from '#cli/completion/describe.ts';
import { fishCompletion } from '#cli/completion/fish.ts';
import { zshCompletion } from '#cli/completion/zsh.ts';
import { manPage } from '#docs/man-page.ts';
import { inRepository } from '#test/support/in-repository.ts';

let commands: readonly CommandDescription[] = [];
let folder = '';
beforeAll(async () => {
  commands = await describeCommands(null);
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-completion-'));
  await writeFile(join(folder, 'capi relay.yaml'), '');
  await writeFile(join(folder, 'events.jsonl'), '');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** What a real bash offers for each line, whose last word is being typed. */
function offered(lines: readonly (readonly string[])[]): string[][] {
  const calls = lines.map((words) => {
    const quoted = ['capi-relay', ...words].map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(${quoted}) COMP_CWORD=${words.length}; _capi_relay
printf '%s\n' "\${COMPREPLY[@]}" ==`;
  });
  const script = [bashCompletion(commands), 'complete -p capi-relay >&2', ...calls].join('\n');
  const out = execFileSync('bash', ['--norc', '-u', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts = out.split('==\n').slice(0, -1);
  return parts.map((part) => part.split('\n').filter((word) => word !== ''));
}

test('bash completes commands, their actions, options, values and files', () => {
  const cases: [words: string[], expected: string[]][] = [
    [['dea'], ['dead-letters']],
    [
      ['dead-letters', 'e'],
      ['edit', 'export'],
    ],
    [
      ['help', 'dead-letters', 'e'],
      ['edit', 'export'],
    ],
    [['replay', '--can'], ['--canary']],
    [['replay', 'resume', '--det'], ['--detach']],
    [['replay', '--reason', 'list', '--can'], ['--canary']],
    [['produce', '--compression', 's'], ['snappy']],
    [['produce', '--compression', '=', 'z'], ['zstd']],
    [
      ['produce', '--compression', '='],
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    ],
    [['status', '--config', 'ca'], ['capi relay.yaml']],
    [['status', '-c', 'no-such'], []],
    [['preview', 'ev'], ['events.jsonl']],
    [['status', '--timeout', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '-h', '--help'],
    ],
    [['$(touch x)'], []],
    [['status', '--config', '$(touch x)'], []],
  ];
  const found = offered(cases.map(([words]) => words));
  expect(cases.map(([words], index) => [words, found[index]])).toEqual(cases);
  expect(readdirSync(folder)).toEqual(['capi relay.yaml', 'events.jsonl']);
});

test('bash offers every command and every option of each', () => {
  const all = commands.flatMap((each) => [each, ...each.commands]);
  const found = offered(all.map(({ path }) => [...path, '-']));
  expect(found).toEqual(all.map(({ options }) => options.flatMap(({ names }) => names)));
  const [top] = offered([['']]);
  expect(top).toEqual(expect.arrayContaining(commands.map(({ path }) => path.join())));
  expect(commands.length).toBeGreaterThan(15);
});

describe.each([
  ['zsh', zshCompletion, ['-n']],
  ['fish', fishCompletion, ['--no-execute']],
] as const)('the script for %s', (shell, write, flags) => {
  test('names every command and option, and is valid where that shell is installed', async () => {
    const script = write(commands);
    for (const { path, options } of commands.flatMap((each) => [each, ...each.commands])) {
      expect(script).toContain(path.at(-1));
      for (const { names } of options) {
        expect(script).toContain(names.at(-1)?.replace(/^--/, ''));
      }
    }
    // Within double quotes, newer releases of fish run no command in brackets.
    expect(script.split('complete -c')[0]).not.toMatch(/"[^"\n]*[^$]\(/);
    const file = join(folder, `completion.${shell}`);
    await writeFile(file, script);
    const checked = isThere(shell)
      ? spawnSync(shell, [...flags, file], { encoding: 'utf8' })
      : null;
    expect(checked?.stderr ?? '').toBe('');
  });
});

test('fish tells the value of an option from a command, and from a command above', () => {
  const script = fishCompletion(commands);
  const words = (name: string, path: string) => {
    const [, body = ''] = script.split(`function __capi_relay_${name}\n`);
    const [, line = ''] = body.split('\nend\n')[0]?.split(`case '${path}'\n`) ?? [];
    return line.split('\n')[0]?.trim().split(' ').slice(2);
  };
  expect(words('valued', 'replay')).toEqual(expect.arrayContaining(['--reason', '-w', '--where']));
  expect(words('valued', 'replay')).not.toContain('--json');
  expect(words('valued', 'replay list')).toEqual(['-c', '--config']);
  expect(words('below', 'replay')).toContain('list');
  expect(words('below', '')).toEqual(commands.map(({ path }) => path.join()));
  expect(script).toContain("complete -c capi-relay -n '__capi_relay_at replay' -l canary -r");
  // It counts words that follow an option, too.
  expect(script).not.toContain('__fish_seen_subcommand_from');
  expect(script).not.toContain('__fish_use_subcommand');
  // A word is skipped behind an option that has a value, and only then compared with commands.
  expect(script).toMatch(
    /skip = yes\n.*skip no\n.*\(__capi_relay_valued \$path\)\n.*skip yes\n.*\(__capi_relay_below \$path\)/,
  );
  expect(script).toContain('test "$path" = "$argv"');
});

test('a real fish, where there is one, offers the same as bash', () => {
  const cases: [line: string, expected: string[]][] = [
    ['replay --reason list --can', ['--canary']],
    ['replay list --can', []],
    ['replay resume --det', ['--detach']],
    ['dead-letters e', ['edit', 'export']],
    ['produce --compression s', ['snappy']],
    ['help dead-letters exp', ['export']],
  ];
  const calls = cases.map(([line]) => `complete -C "capi-relay ${line}"; echo ==`);
  const script = [fishCompletion(commands), ...calls].join('\n');
  const run = spawnSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', cwd: folder });
  const parts = (run.stdout ?? '').split('==\n').slice(0, -1);
  const found = parts.map((part) => part.match(/^[^\t\n]+/gm) ?? []);
  const expected = isThere('fish') ? cases.map(([, names]) => names) : [];
  expect([found, run.stderr ?? '']).toEqual([expected, '']);
});

test('the command prints the script, its own description included', () => {
  const launcher = inRepository('services/cli/capi-relay.mjs');
  const run = spawnSync(process.execPath, [launcher, 'completion', 'bash'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.stdout).toBe(bashCompletion(commands));
});

test('the manual page has every command, and no line that troff takes for something else', () => {
  const page = manPage(commands, null);
  for (const { path, options } of commands.flatMap((each) => [each, ...each.commands])) {
    expect(page).toContain(`.SS "capi\\-relay ${path.join(' ').replaceAll('-', '\\-')} `);
    for (const { usage } of options) expect(page).toContain(usage.replaceAll('-', '\\-'));
  }
  expect(page.match(/^[.'](?!(TH|SH|SS|TP|PP|B|I|BR|RI|EX|EE)\b).*/gm) ?? []).toEqual([]);
  const groff = ['-Wall', '-man', '-Tutf8', '-k', '-z'];
  const checked = isThere('groff') ? spawnSync('groff', groff, { input: page }) : null;
  expect(String(checked?.stderr ?? '')).toBe('');
});
