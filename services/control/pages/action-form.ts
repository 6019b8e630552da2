import { type Html, html } from '../html.ts';
import type { Visit } from '../layout.ts';

/** What proves that a form came from a page of ours. */
export function tokenField({ token }: Pick<Visit, 'token'>): Html {
  return html`<input type="hidden" name="token" value="${token}">`;
}

/** A button that does one thing, with the command that does the same. */
export function actionForm(path: string, visit: Visit, name: string, command: string): Html {
  return html`<form method="post" action="${path}">${tokenField(visit)}<button type="submit">${name}</button> <code class="muted">${command}</code></form>`;
}
