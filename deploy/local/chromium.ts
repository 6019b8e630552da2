import { type Browser, chromium } from 'playwright-core';
import type { Say } from './server.ts';
import { findProgram, installPackage } from './system-package.ts';

/** Without a screen, without a sandbox of its own (containers have none), and without calls home. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The browser that pages are looked at with, from the PATH; it is installed where there is none.
 * @throws Error when it can neither be found nor installed
 */
export async function findChromium(say: Say): Promise<string> {
  const found = findProgram('chromium') ?? findProgram('chromium-browser');
  if (found !== null) return found;
  await installPackage({ name: 'chromium', purpose: 'a browser to look at pages with' }, say);
  const installed = findProgram('chromium');
  if (installed === null) throw new Error('chromium was installed, and is not on the PATH');
  return installed;
}

/** Starts it with a profile of its own, which goes when it is closed. */
export async function openChromium(say: Say): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(say), args: FLAGS });
}
