import { type Browser, chromium } from 'playwright-core';
import type { Say } from './server.ts';
import { findProgram, installPackage } from './system-package.ts';

/** Headless, without Chromium's sandbox (containers lack it), and without background traffic. */
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
 * The path of Chromium, which is installed if it is not on the PATH.
 * @throws Error when it is not there and cannot be installed
 */
async function findChromium(say: Say): Promise<string> {
  const found = findProgram('chromium') ?? findProgram('chromium-browser');
  if (found !== null) return found;
  await installPackage({ name: 'chromium', purpose: 'a browser to render pages' }, say);
  const installed = findProgram('chromium');
  if (installed === null) throw new Error('chromium was installed, but is not on the PATH');
  return installed;
}

/** Starts Chromium with a temporary profile. */
export async function openChromium(say: Say): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(say), args: FLAGS });
}
