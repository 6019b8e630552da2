import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const FOLDER = join(import.meta.dirname, 'assets');

const VERSION_LENGTH = 12;

/** The paths of the files that pages use. */
export type AssetPaths = Awaited<ReturnType<typeof addAssets>>;

/** Serves the files of the pages. Their version is part of the path, so that browsers cache them. */
export async function addAssets(app: FastifyInstance) {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.\w+$/.test(name))
    .sort();
  const version = createHash('sha256');
  for (const name of names) version.update(readFileSync(join(FOLDER, name)));
  const prefix = `/assets/${version.digest('hex').slice(0, VERSION_LENGTH)}/`;
  const caching = { immutable: true, maxAge: '1y' };
  await app.register(staticFiles, { root: FOLDER, prefix, ...caching, decorateReply: false });
  const ending = (end: string): string[] =>
    names.filter((name) => name.endsWith(end)).map((name) => prefix + name);
  return { icon: `${prefix}icon.svg`, scripts: ending('.js'), styles: ending('.css') };
}
