/** A path with a query; empty values are left out. */
function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== '');
  const text = new URLSearchParams(given as [string, string][]).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The paths of the pages. */
export const PATHS = {
  groups: (where = '') => withQuery('/dead-letters', { where }),
  events: (where = '', cursor: string | null = null) =>
    withQuery('/dead-letters/events', { where, cursor }),
  event: (id: string) => `/dead-letters/events/${encodeURIComponent(id)}`,
  bulkEdit: (where = '') => withQuery('/dead-letters/edit', { where }),
  replays: '/replays',
  newReplay: (where = '') => withQuery('/replays/new', { where }),
  replay: (id: string) => `/replays/${encodeURIComponent(id)}`,
  purge: (where = '') => withQuery('/purge', { where }),
  lane: (pixelId: string) => `/lanes/${encodeURIComponent(pixelId)}`,
  audit: '/audit',
  quality: (from: string | null = null) => withQuery('/quality', { from }),
} as const;

/** A text as one argument of a shell. */
function quoted(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function scope(where: string): string {
  return where === '' ? '' : ` --where ${quoted(where)}`;
}

/** The commands that do the same as a page. */
export const COMMANDS = {
  status: 'capi-relay status',
  quality: 'capi-relay quality',
  summary: (where: string) => `capi-relay dead-letters summary${scope(where)}`,
  list: (where: string) => `capi-relay dead-letters list${scope(where)}`,
  show: (id: string) => `capi-relay dead-letters show ${quoted(id)}`,
  edit: (id: string) => `capi-relay dead-letters edit ${quoted(id)}`,
  bulkEdit: (where: string, sets: readonly string[], unsets: readonly string[]) =>
    [
      `capi-relay dead-letters edit${scope(where) || ' --all'}`,
      ...sets.map((set) => `--set ${quoted(set)}`),
      ...unsets.map((path) => `--unset ${quoted(path)}`),
      ...(sets.length + unsets.length === 0 ? ['--set properties.revenue=@properties.total'] : []),
    ].join(' '),
  purge: (where: string) => `capi-relay dead-letters purge${scope(where) || ' --all'}`,
  replays: 'capi-relay replay list',
  audit: 'capi-relay dead-letters audit',
  replay: (where: string, flags: readonly string[] = []) =>
    ['capi-relay replay', scope(where).trim() || '--all', ...flags].join(' '),
  onLane: (action: 'pause' | 'resume' | 'probe', pixelId: string) =>
    `capi-relay lanes ${action} ${quoted(pixelId)}`,
  onReplay: (action: 'status' | 'pause' | 'resume' | 'cancel', id: string) =>
    `capi-relay replay ${action} ${quoted(id)}`,
} as const;
