// What pages do beyond being read: they stay fresh, and commands are copied. Without this file every
// page still says and does the same.

const main = document.querySelector('main[data-refresh]');

/** What the visitor has opened or is in the middle of stays as it is. */
function isBusy() {
  const active = document.activeElement;
  const writing = main.contains(active) && active.matches('input, textarea, select');
  return document.hidden || writing || !getSelection().isCollapsed;
}

function keepOpen(fresh) {
  for (const details of main.querySelectorAll('details[id]')) {
    const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
    if (same !== null) same.open = details.open;
  }
}

/** The link or button that had the focus has it again. */
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
  const words = document.createElement('p');
  words.className = 'notice bad lost';
  words.textContent = 'Control does not answer. What you see is from before; it is asked again.';
  main.prepend(words);
}

/** The next look comes only after the last one was answered; asking goes on while control is gone. */
function lookLater() {
  const seconds = Number(main.dataset.refresh);
  if (!(seconds > 0)) return;
  setTimeout(() => refresh().catch(showLost).finally(lookLater), seconds * 1000);
}

if (main !== null) lookLater();

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
  // What was sent once is not sent again by a second click.
  for (const button of target.querySelectorAll('button')) button.disabled = true;
});
