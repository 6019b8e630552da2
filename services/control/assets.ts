import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AssetPath } from './layout.ts';

const FOLDER = join(import.meta.dirname, 'assets');

const TYPES = {
  'control.css': 'text/css; charset=utf-8',
  'control.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

/** A file as it is sent. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

const VERSION_LENGTH = 12;

/** Reads the files of the pages; each has its content in its path, so that it can be kept for ever. */
export function loadAssets(): { path: AssetPath; find: (path: string) => Asset | undefined } {
  const paths = new Map<string, string>();
  const assets = new Map<string, Asset>();
  for (const [name, type] of Object.entries(TYPES)) {
    const body = name === 'control.css' ? styles() : readFileSync(join(FOLDER, name));
    const version = hash('sha256', body, 'hex').slice(0, VERSION_LENGTH);
    paths.set(name, `/assets/${version}/${name}`);
    assets.set(`/assets/${version}/${name}`, { type, body });
  }
  return { path: (name) => paths.get(name) ?? '', find: (path) => assets.get(path) };
}

/** The style sheets as one, in the order of their names. */
function styles(): Buffer {
  const folder = join(FOLDER, 'styles');
  return Buffer.concat(
    readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name))),
  );
}
