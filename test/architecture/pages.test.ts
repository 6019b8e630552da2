import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { type CommandDescription, describeCommands } from '#cli/completion/describe.ts';
import { sitePage, sitePages } from '../../deploy/site/build.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCS = join(ROOT, 'docs');

/** Every page that people read, by its path from the root. */
const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(DOCS, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].sort();

const text = new Map(PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')]));

function withoutCode(page: string): string {
  return (text.get(page) ?? '').replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, 'code');
}

/** The anchors of a page, made of its headings as GitHub makes them. */
function anchorsOf(page: string): Set<string> {
  const headings = [
    ...(text.get(page) ?? '').replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm),
  ];
  const seen = new Map<string, number>();
  return new Set(
    headings.map(([, heading = '']) => {
      const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = words.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
}

/** The links of a page that lead to a file of the repository: its path from the root, and the anchor. */
function linksOf(page: string): { target: string; anchor: string }[] {
  const found = [...withoutCode(page).matchAll(/\]\(([^()\s]+(?:\([^()\s]*\))?)\)/g)];
  return found.flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor = ''] = link.split('#');
    const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path));
    return [{ target, anchor }];
  });
}

test.each(PAGES)('the links of %s lead somewhere', (page) => {
  const lost = linksOf(page).filter(({ target, anchor }) => {
    if (!existsSync(join(ROOT, target))) return true;
    return anchor !== '' && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
  expect(lost).toEqual([]);
});

test('the website has every page, and no link to what is only in the repository', () => {
  const pages = sitePages();
  expect(PAGES.filter((page) => !pages.has(page))).toEqual([]);
  const written = sitePage(
    'docs/security.md',
    '[a](../SECURITY.md#x) [b](../README.md) [c](../Makefile)',
    pages,
  );
  expect(written).toBe('[a](./threats.md#x) [b](./readme.md) c');
});

test('the index leads to every page', () => {
  const listed = new Set(linksOf('docs/README.md').map(({ target }) => target));
  const pages = PAGES.filter((page) => page.startsWith('docs/') && page !== 'docs/README.md');
  expect(pages.filter((page) => !listed.has(page))).toEqual([]);
});

let commands: readonly CommandDescription[];
beforeAll(async () => {
  commands = await describeCommands(null);
});

/** The command lines of a page: in blocks of code, and between backticks. */
function commandLinesOf(page: string): string[] {
  const content = text.get(page) ?? '';
  const blocks = [...content.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const inBlocks = blocks.flatMap((block) =>
    block
      .replace(/\\\n/g, ' ')
      .split('\n')
      .flatMap((line) => /^\s*(?:\$ )?(capi-relay [a-z-].*)$/.exec(line)?.[1] ?? []),
  );
  const prose = content.replace(/^```.*?^```$/gms, '');
  const inline = [...prose.matchAll(/`(capi-relay [a-z-][^`\n]*)`/g)].map(([, line = '']) => line);
  return [...inBlocks, ...inline];
}

/** The words of a command line, up to what the shell does with it. */
function wordsOf(line: string): string[] {
  const words = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const end = words.findIndex((word) => /^(?:[|>#;]|&&|\d>)/.test(word));
  return (end < 0 ? words : words.slice(0, end)).slice(1);
}

const EVERYWHERE = ['--help', '-h'];

/** What is wrong with a command line; null is nothing. */
function faultOf(line: string): string | null {
  const [name = '', ...rest] = wordsOf(line);
  if (['--help', '--version', 'help'].includes(name)) return null;
  let command = commands.find(({ path }) => path[0] === name);
  if (command === undefined) return `there is no command "${name}"`;
  for (const word of rest) {
    const below: CommandDescription | undefined = command.commands.find(
      ({ path }) => path.at(-1) === word,
    );
    if (below !== undefined) command = below;
  }
  const known = [...EVERYWHERE, ...command.options.flatMap(({ names }) => names)];
  const asked = rest.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0]);
  const unknown = asked.find((word) => !known.includes(word ?? ''));
  return unknown === undefined ? null : `${command.path.join(' ')} has no option ${unknown}`;
}

test('the pages have commands', () => {
  expect(PAGES.flatMap(commandLinesOf).length).toBeGreaterThan(100);
});

// The changelog also tells of commands that are gone.
test.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))(
  'the commands of %s exist, with their options',
  (page) => {
    const faults = commandLinesOf(page).flatMap((line) => {
      const fault = faultOf(line);
      return fault === null ? [] : [`${line}: ${fault}`];
    });
    expect(faults).toEqual([]);
  },
);

test.each([
  ['capi-relay chek', 'there is no command "chek"'],
  ['capi-relay replay --wher x', 'replay has no option --wher'],
  ['capi-relay dead-letters list --where a | jq --raw', null],
])('%s: %s', (line, fault) => {
  expect(faultOf(line)).toBe(fault);
});

test.each(PAGES)('make can do what %s has it do', (page) => {
  const targets = new Set(
    [...readFileSync(join(ROOT, 'Makefile'), 'utf8').matchAll(/^([a-z-]+):/gm)].map(([, it]) => it),
  );
  const content = text.get(page) ?? '';
  const asked = [
    ...content.matchAll(/`make ([a-z-]+)[^`\n]*`/g),
    ...content.matchAll(/^(?:\$ )?make ([a-z-]+)/gm),
  ].map(([, target]) => target);
  const prose = ['sure', 'it'];
  expect(asked.filter((target) => !targets.has(target) && !prose.includes(target ?? ''))).toEqual(
    [],
  );
});
