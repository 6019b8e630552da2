import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';

/** What a page handler answers with: a page, or another one to go to. */
export type Answer = Page | { readonly goTo: string };

/** Something that was asked for and is not given, with the words that say why. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 404 | 405 | 409;
  readonly title: string;

  constructor(status: Refusal['status'], title: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.title = title;
  }
}

/** A page that says what is the matter, and what can be done. */
export function messagePage(title: string, words: Html | string): Page {
  return {
    title,
    body: html`<h1>${title}</h1>
<div class="message"><p>${words}</p><p><a href="/">To the overview</a></p></div>`,
  };
}

/** While Redis is gone; it is asked again by itself. */
export function redisGonePage(lastError: string | null): Page {
  const why = lastError === null ? '' : ` The last error was ${lastError}.`;
  return {
    title: 'Redis does not answer',
    refreshS: 3,
    body: html`<h1>Redis does not answer</h1>
<div class="message"><p class="notice bad">What is queued, dead or delivered cannot be read just now.${why}</p>
<p>Nothing is lost by that: ingest stops reading Kafka until Redis is back. This page looks again every
few seconds and shows what you asked for as soon as it can.</p>
<p>See that Redis runs and can be reached: <code>capi-relay check</code> says more.</p></div>`,
  };
}
