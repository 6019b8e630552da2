import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

const DIST = join(
  dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')),
  'dist',
);

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** A file that bull-board's pages use. */
export interface BoardFile {
  readonly file: string;
  readonly type: string;
}

/** Which files there are, by their paths below `static/`: nothing else is ever read. */
export function boardFiles(): ReadonlyMap<string, BoardFile> {
  const folder = join(DIST, 'static');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    names.flatMap((name) => {
      const type = TYPES[extname(name)];
      return type === undefined ? [] : [[name, { file: join(folder, name), type }] as const];
    }),
  );
}

/** What loads from elsewhere, and what our policy would not let run. */
const NOT_OURS =
  /<link href="https:[^>]*>|<style>(?:(?!<\/?style>)[\s\S])*<\/style>| style="[^"]*"/g;

const WITHOUT_SCRIPTS =
  '<noscript>The queues are shown by JavaScript. <a href="/">The overview</a> counts what waits in them without it.</noscript>';

/** bull-board's page below `base`, with nothing from other sites in it. */
export function boardPage(base: string, configuration: string): string {
  const values: Readonly<Record<string, string>> = {
    basePath: base,
    title: 'Queues · capi-relay',
    favIconDefault: 'static/images/logo.svg',
    favIconAlternative: 'static/favicon-32x32.png',
    uiConfig: configuration,
  };
  return readFileSync(join(DIST, 'index.ejs'), 'utf8')
    .replace(NOT_OURS, '')
    .replace('<div id="root">', `${WITHOUT_SCRIPTS}<div id="root">`)
    .replace(/<%[-=]\s*(\w+)\s*%>/g, (_, name: string) => values[name] ?? '');
}
