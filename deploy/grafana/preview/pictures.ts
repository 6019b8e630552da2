import { join } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { openChromium } from '../../local/chromium.ts';
import type { Say } from '../../local/server.ts';
import type { Drawing } from './browser/page.tsx';

const BROWSER = join(import.meta.dirname, 'browser');

/** Tables draw only what is in view, so all of the page is. */
const TALLEST = 3000;
const ADDRESS = 'http://preview/';
const BODY = '<!doctype html><html><body style="margin:0"></body></html>';

/**
 * What draws dashboards and takes pictures of them: a headless Chromium, which is installed where it is
 * missing.
 */
export async function openStudio(say: Say) {
  const page = await bundled();
  const browser = await openChromium(say);
  return {
    picture: (drawing: Drawing, file: string) => takePicture(browser, page, drawing, file),
    close: () => browser.close(),
  };
}

/** The page that draws a dashboard, as one script and one style sheet. */
async function bundled(): Promise<{ script: string; style: string }> {
  const { outputFiles } = await build({
    entryPoints: [join(BROWSER, 'page.tsx')],
    outdir: BROWSER,
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    jsx: 'automatic',
    // Without its style sheet uPlot cuts its plots.
    loader: { '.css': 'css', '.svg': 'dataurl', '.woff2': 'dataurl', '.png': 'dataurl' },
    alias: { 'monaco-editor': join(BROWSER, 'no-editor.ts') },
    define: { 'process.env.NODE_ENV': '"production"', global: 'window' },
    logLevel: 'error',
  });
  const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return { script: textOf('.js'), style: textOf('.css') };
}

/** Draws one, and writes the picture to a file. Resolves to what the page complained of. */
async function takePicture(
  browser: Browser,
  { script, style }: { script: string; style: string },
  drawing: Drawing,
  file: string,
): Promise<string[]> {
  const complaints: string[] = [];
  const page = await browser.newPage({ viewport: { width: drawing.width, height: TALLEST } });
  page.on('pageerror', (error) => complaints.push(error.message));
  // A page of a host of its own: Grafana's packages ask for storage, which blank pages do not have.
  await page.route(ADDRESS, (route) => route.fulfill({ contentType: 'text/html', body: BODY }));
  await page.goto(ADDRESS);
  await page.addStyleTag({ content: style });
  await page.addScriptTag({ content: script });
  await page.evaluate(async (what) => {
    await (window as unknown as { draw(what: unknown): Promise<void> }).draw(what);
  }, drawing as never);
  await page.evaluate(() => document.fonts.ready);
  // Two frames: Grafana measures the space of a panel in the first, and fills it in the second.
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
  const empty = await page.getByText('No data', { exact: true }).count();
  if (empty > 0) complaints.push(`${empty} panels show no data`);
  await page.locator('#dashboard').screenshot({ path: file });
  await page.close();
  return complaints;
}
