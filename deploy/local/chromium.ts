import { type Browser, chromium } from 'playwright-core';
import type { Say } from './server.ts';
import { installedProgram } from './system-package.ts';

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

const PACKAGE = { name: 'chromium', purpose: 'a browser to render pages' };

/** Starts Chromium with a temporary profile. */
export async function openChromium(say: Say): Promise<Browser> {
  const executablePath = await installedProgram(['chromium', 'chromium-browser'], PACKAGE, say);
  return chromium.launch({ executablePath, args: FLAGS });
}
