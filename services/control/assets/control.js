// Keeps pages fresh, and copies commands. Without this file, every page shows and does the same.

const main = document.querySelector('main[data-refresh]');

/** A refresh must not disturb a visitor who types or selects text. */
function isBusy() {
  const active = document.activeElement;
  const fields = 'input:not([type=checkbox]), textarea, select';
  const writing = main.contains(active) && active.matches(fields);
  return document.hidden || writing || !getSelection().isCollapsed;
}

/** Keeps the parts open that the visitor has opened. */
function keepOpen(fresh) {
  for (const details of main.querySelectorAll('details[id]')) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same !== null) same.open = details.open;
  }
}

/** Keeps the rows checked that the visitor has checked. */
function keepChecked(fresh) {
  for (const box of main.querySelectorAll('input[type=checkbox]:checked')) {
    const same = fresh.querySelector(`[name="${CSS.escape(box.name)}"]`);
    if (same !== null) same.checked = true;
  }
}

/** Keeps what the visitor has typed. */
function keepTyped(fresh) {
  for (const field of main.querySelectorAll('input[id], textarea[id]')) {
    if (field.type === 'checkbox' || field.value === field.defaultValue) continue;
    const same = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (same !== null) same.value = field.value;
  }
}

/** Returns the focus to the link, button or box that had it. */
function refocus(active) {
  if (active === null) return;
  const named = active.id === '' ? null : document.getElementById(active.id);
  if (named !== null) return named.focus({ preventScroll: true });
  const same = [...main.querySelectorAll('a, button, summary')].find(
    (each) =>
      each.textContent === active.textContent &&
      each.getAttribute('href') === active.getAttribute('href'),
  );
  same?.focus({ preventScroll: true });
}

async function refresh() {
  if (isBusy()) return;
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  const text = await answer.text();
  if (isBusy()) return;
  const page = new DOMParser().parseFromString(text, 'text/html');
  const fresh = page.querySelector('main');
  if (fresh === null) return;
  const active = main.contains(document.activeElement) ? document.activeElement : null;
  keepOpen(fresh);
  keepChecked(fresh);
  keepTyped(fresh);
  document.title = page.title;
  main.replaceChildren(...fresh.childNodes);
  main.dataset.refresh = fresh.dataset.refresh ?? '';
  prepareSelection();
  refocus(active);
}

function showLost() {
  if (main.querySelector('.lost') !== null) return;
  const notice = document.createElement('p');
  notice.className = 'notice bad lost';
  notice.textContent = 'Control does not answer. This page is out of date, and keeps retrying.';
  main.prepend(notice);
}

/** Schedules the next refresh after the last one was answered; retries while control is down. */
function scheduleRefresh() {
  const seconds = Number(main.dataset.refresh);
  if (!(seconds > 0)) return;
  setTimeout(() => refresh().catch(showLost).finally(scheduleRefresh), seconds * 1000);
}

if (main !== null) scheduleRefresh();

document.addEventListener('click', async ({ target }) => {
  const button = target.closest('button[data-copy]');
  if (button === null) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
});

document.addEventListener('submit', ({ target }) => {
  // A second click must not send a form again; one that only asks may be sent again.
  if (target.method !== 'post') return;
  for (const button of target.querySelectorAll('button')) button.disabled = true;
});

/** The checkboxes of the rows of a form. */
function rowBoxes(form) {
  return [...form.querySelectorAll('tbody input[type=checkbox]')];
}

/** Says how many rows are selected, and offers what can be done with them once there are some. */
function showSelection(form) {
  const boxes = rowBoxes(form);
  const selected = boxes.filter(({ checked }) => checked).length;
  const label = form.querySelector('[data-selected]');
  label.textContent = `${selected} selected ${label.dataset.selected}:`;
  for (const button of form.querySelectorAll('.selection button')) button.disabled = selected === 0;
  const all = form.querySelector('#select-all');
  all.checked = selected > 0 && selected === boxes.length;
  all.indeterminate = selected > 0 && selected < boxes.length;
}

/** Adds a checkbox that selects every row, which needs this file. */
function prepareSelection() {
  for (const form of document.querySelectorAll('form.selecting')) {
    const all = document.createElement('input');
    all.type = 'checkbox';
    all.id = 'select-all';
    all.setAttribute('aria-label', 'Select every row of this page');
    form.querySelector('.selection').prepend(all);
    showSelection(form);
  }
}

document.addEventListener('change', ({ target }) => {
  const form = target.closest('form.selecting');
  if (form === null) return;
  if (target.id === 'select-all') for (const box of rowBoxes(form)) box.checked = target.checked;
  showSelection(form);
});

// A browser that goes back shows the boxes as they were left.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form.selecting')) showSelection(form);
});

prepareSelection();
