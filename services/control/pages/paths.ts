/** An address of ours with a query; what is empty is left out. */
function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== '');
  const text = new URLSearchParams(given as [string, string][]).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Where pages are. */
export const PATHS = {
  groups: (where = '') => withQuery('/dead-letters', { where }),
  events: (where = '', cursor: string | null = null) =>
    withQuery('/dead-letters/events', { where, cursor }),
  event: (id: string) => `/dead-letters/events/${encodeURIComponent(id)}`,
  replays: '/replays',
  newReplay: (where = '') => withQuery('/replays/new', { where }),
  replay: (id: string) => `/replays/${encodeURIComponent(id)}`,
  purge: (where = '') => withQuery('/purge', { where }),
  audit: '/audit',
} as const;
