import { join } from 'node:path';
import { build } from 'esbuild';

const BROWSER = join(import.meta.dirname, 'browser');

/** The page that draws a dashboard, as one script and one style sheet. */
export async function bundled(): Promise<{ script: string; style: string }> {
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
