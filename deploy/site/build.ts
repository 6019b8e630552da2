import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = join(ROOT, '.local/site/pages');
const HTML = join(ROOT, '.local/site/html');

/** Pages of the root, and where the site has them. */
const OF_THE_ROOT: Readonly<Record<string, string>> = {
  'ARCHITECTURE.md': 'architecture.md',
  'CHANGELOG.md': 'changelog.md',
  'CONTRIBUTING.md': 'contributing.md',
  'README.md': 'readme.md',
  'SECURITY.md': 'threats.md',
};

/** Path from the root → path in the site, of every page. */
export function sitePages(): ReadonlyMap<string, string> {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true }).map(String);
  const own = docs
    .filter((name) => name.endsWith('.md'))
    .map((name): [string, string] => [`docs/${name}`, name.replace(/README\.md$/, 'index.md')]);
  return new Map([...own, ...Object.entries(OF_THE_ROOT)]);
}

/**
 * A page as the site has it: links lead to pages of the site and to its images. What is only in the
 * repository, such as code, keeps its name without a link.
 */
export function sitePage(source: string, text: string, pages: ReadonlyMap<string, string>): string {
  const from = dirname(pages.get(source) ?? '');
  const blocks = text.split(/(^```.*?^```$)/gms);
  // The generator knows no highlighting for PromQL.
  const code = (block: string) => block.replace(/^```promql$/m, '```txt');
  return blocks.map((block) => (block.startsWith('```') ? code(block) : linked(block))).join('');

  function linked(prose: string): string {
    return prose.replace(
      /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/g,
      (whole, mark, name, link) => {
        if (/^(?:[a-z]+:|#)/.test(link)) return whole;
        const [path = '', anchor] = String(link).split('#');
        const target = relative(ROOT, join(ROOT, dirname(source), path));
        const page = pages.get(target);
        if (page !== undefined) {
          const way = relative(from, page);
          return `${mark}[${name}](./${way}${anchor === undefined ? '' : `#${anchor}`})`;
        }
        if (target.startsWith('docs/images/'))
          return `${mark}[${name}](./${relative(from, target.slice(5))})`;
        return String(name);
      },
    );
  }
}

function stage(): void {
  rmSync(PAGES, { recursive: true, force: true });
  const pages = sitePages();
  for (const [source, page] of pages) {
    const file = join(PAGES, page);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, sitePage(source, readFileSync(join(ROOT, source), 'utf8'), pages));
  }
  cpSync(join(ROOT, 'docs/images'), join(PAGES, 'images'), { recursive: true });
}

if (import.meta.main) {
  stage();
  const vitepress = join(import.meta.dirname, 'node_modules/vitepress/bin/vitepress.js');
  const args = [vitepress, 'build', import.meta.dirname];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status === 0) console.log(`The site is in ${relative(ROOT, HTML)}`);
  process.exitCode = status ?? 1;
}
