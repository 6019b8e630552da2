// Keeps pages fresh, and copies commands. Without this file, every page shows and does the same.

const main = document.querySelector('main[data-refresh]');

/** A refresh must not disturb a visitor who types or selects text. */
function isBusy() {
  const active = document.activeElement;
  const writing = main.contains(active) && active.matches('input, textarea, select');
  return document.hidden || writing || !getSelection().isCollapsed;
}

/** Keeps the parts open that the visitor has opened. */
function keepOpen(fresh) {
  for (const details of main.querySelectorAll('details[id]')) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same !== null) same.open = details.open;
  }
}

/** Returns the focus to the link or button that had it. */
function refocus(active) {
  if (active === null) return;
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
  document.title = page.title;
  main.replaceChildren(...fresh.childNodes);
  main.dataset.refresh = fresh.dataset.refresh ?? '';
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
  // A second click must not send a form again.
  for (const button of target.querySelectorAll('button')) button.disabled = true;
});
