import { type Html, html } from '../../html.ts';
import { PATHS } from '../links.ts';

/** What can be done with the selected rows, and its button. */
export const SELECTION_ACTIONS = {
  show: 'Show',
  replay: 'Replay…',
  edit: 'Edit…',
  acknowledge: 'Acknowledge…',
  purge: 'Purge…',
} as const;

export type SelectionAction = keyof typeof SELECTION_ACTIONS;

/** What names a selected row: its cause, or the ID of a dead letter. */
export type SelectedBy = 'cause' | 'id';

/** A checkbox of a row. Each has a name of its own: fields that repeat a name are one field. */
export function selectionBox(by: SelectedBy, value: string, label: string): Html {
  return html`<input type="checkbox" id="s-${value}" name="${by}.${value}" value="yes" aria-label="Select ${label}">`;
}

/** The buttons for the selected rows. Nothing is changed before the next page is confirmed. */
export function selectionBar(what: 'causes' | 'events', mayAct: boolean): Html {
  const actions = Object.entries(SELECTION_ACTIONS) as [SelectionAction, string][];
  const offered = actions.filter(
    ([action]) => action === 'show' || (mayAct && (what === 'causes' || action !== 'acknowledge')),
  );
  return html`<div class="selection" role="group" aria-label="Selected ${what}"><span class="muted" data-selected="${what}">Selected ${what}:</span>${offered.map(([action, name]) => html`<button type="submit" formaction="${PATHS.selected(action)}">${name}</button>`)}</div>`;
}
