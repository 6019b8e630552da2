import { type Html, html, type Part } from './html.ts';
import type { Visitor } from './security/authentication.ts';

/** What every page knows of the request that it answers. */
export interface Visit {
  readonly visitor: Visitor;
  /** Whether actions are on, and this visitor may take them. */
  readonly mayAct: boolean;
  /** Goes with every form. */
  readonly token: string;
  /** What the visitor asked for, without the query. */
  readonly path: string;
  /** Unix ms. */
  readonly now: number;
}

/** A page before it stands in its frame. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** What has changed since is put in its place every so many seconds; null for pages that stay. */
  readonly refreshS?: number;
}

/** Where the files that pages use are, by their names. */
export type AssetPath = (name: 'control.css' | 'control.js' | 'icon.svg') => string;

const ROOMS = [
  ['/', 'Overview'],
  ['/dead-letters', 'Dead letters'],
  ['/replays', 'Replays'],
  ['/audit', 'Audit'],
  ['/queues', 'Queues'],
] as const;

/** The whole document. */
export function frame(page: Page, visit: Visit, asset: AssetPath): Html {
  const { refreshS } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · capi-relay</title>
<link rel="icon" href="${asset('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${asset('control.css')}">
<script src="${asset('control.js')}" defer></script>
${refreshS !== undefined && html`<noscript><meta http-equiv="refresh" content="${refreshS}"></noscript>`}
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="bar">
<a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 12h6m6 0h6M9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0"/></svg>capi-relay</a>
<nav aria-label="Pages">${ROOMS.map(([path, name]) => link(path, name, visit.path))}</nav>
<p class="who">${visit.visitor.name}<span class="role">${roleOf(visit)}</span></p>
</header>
<main id="content" tabindex="-1"${refreshS !== undefined && html` data-refresh="${refreshS}"`}>
${page.body}
</main>
</body>
</html>
`;
}

function link(path: string, name: string, here: string): Part {
  const current = path === '/' ? here === '/' : here === path || here.startsWith(`${path}/`);
  return html`<a href="${path}"${current && html` aria-current="page"`}>${name}</a>`;
}

function roleOf({ mayAct }: Visit): string {
  return mayAct ? 'may act' : 'read-only';
}
