import type { PixelNames } from '#core/pixel-names.ts';
import type { AssetPaths } from './assets.ts';
import type { DependencyReading } from './dependencies.ts';
import { type Html, html, type Part } from './html.ts';
import type { Visitor } from './security/authentication.ts';

/** The request of a page, as every page knows it. */
export interface Visit {
  readonly visitor: Visitor;
  /** Whether actions are on, and this visitor may take them. */
  readonly mayAct: boolean;
  /** The CSRF token, for every form. */
  readonly token: string;
  /** Without the query. */
  readonly path: string;
  /** Unix ms. */
  readonly now: number;
  /** Of the pixels of the configuration. */
  readonly names: PixelNames;
}

/** A page without its frame. */
export interface Page {
  readonly title: string;
  readonly body: Html;
  /** The interval in which the page refreshes itself, in seconds; without it, the page is static. */
  readonly refreshS?: number;
  /** Whether people enter something on it: without JavaScript, it does not refresh itself then. */
  readonly hasForm?: boolean;
}

const NAVIGATION = [
  ['/', 'Overview'],
  ['/lanes', 'Lanes'],
  ['/dead-letters', 'Dead letters'],
  ['/replays', 'Replays'],
  ['/trace', 'Trace'],
  ['/quality', 'Quality'],
  ['/audit', 'Audit'],
] as const;

/** The HTML document of a page. */
export function frame(page: Page, visit: Visit, assets: AssetPaths): Html {
  const { refreshS } = page;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · capi-relay</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
${assets.styles.map((path) => html`<link rel="stylesheet" href="${path}">`)}
${assets.scripts.map((path) => html`<script src="${path}" defer></script>`)}
${refreshS !== undefined && page.hasForm !== true && html`<noscript><meta http-equiv="refresh" content="${refreshS}"></noscript>`}
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header class="bar">
<a class="brand" href="/"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 12h6m6 0h6M9 12a3 3 0 1 0 6 0 3 3 0 1 0-6 0"/></svg>capi-relay</a>
<nav aria-label="Pages">${NAVIGATION.map(([path, name]) => link(path, name, visit.path))}</nav>
<p class="who">${visit.visitor.name}<span class="role">${visit.mayAct ? 'can make changes' : 'read-only'}</span></p>
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

/** A page that explains what went wrong. */
export function messagePage(title: string, message: string): Page {
  return {
    title,
    body: html`<h1>${title}</h1>
<div class="message"><p>${message}</p><p><a href="/">Back to the overview</a></p></div>`,
  };
}

/** The page while Redis is down; it retries by itself. */
export function redisDownPage({ detail, lastError }: DependencyReading): Page {
  const title = `Redis ${detail}`;
  return {
    title,
    refreshS: 3,
    body: html`<h1>${title}</h1>
<div class="message"><p class="notice bad">Queues, dead letters and ledgers cannot be read.${lastError !== null && ` Last error: ${lastError.message}.`}</p>
<p>No event is lost: ingest stops reading Kafka until Redis is back. This page retries every few seconds.</p>
<p>Check that Redis is running and reachable, and that redis.url (or REDIS_URL) has its password; <code>capi-relay check</code> tells more.</p></div>`,
  };
}
