import { type Html, html } from '../html.ts';

/** Deeper parts are closed at first. */
const OPEN_LEVELS = 2;

/** JSON as a tree whose parts open and close without scripts. */
export function jsonTree(value: unknown, level = 0): Html {
  if (typeof value !== 'object' || value === null) return leaf(value);
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  const [begin, end] = isList ? ['[', ']'] : ['{', '}'];
  if (members.length === 0) return html`<span class="sign">${begin}${end}</span>`;
  const size = isList ? `${members.length} items` : `${members.length} fields`;
  return html`<details${level < OPEN_LEVELS && html` open`}><summary><span class="sign">${begin}</span> <span class="muted">${size}</span></summary><ul>${members.map(
    ([name, each]) =>
      html`<li>${!isList && html`<span class="name">${name}</span>: `}${jsonTree(each, level + 1)}</li>`,
  )}</ul><span class="sign">${end}</span></details>`;
}

const MASKED = /^\[(text of|name of) \d+\]$|^\[number\]$|^…$/;

function leaf(value: unknown): Html {
  if (typeof value !== 'string') return html`<span class="value">${String(value)}</span>`;
  return MASKED.test(value)
    ? html`<span class="masked">${value}</span>`
    : html`<span class="text">${JSON.stringify(value)}</span>`;
}
