/** A path with a query; empty values are left out. */
function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== '');
  const text = new URLSearchParams(given as [string, string][]).toString();
  return text === '' ? path : `${path}?${text}`;
}

const NO_QUERY = { cursor: null, sort: null } as const;

/** The paths of the pages. */
export const PATHS = {
  groups: (where = '', sort = '', page = 1) =>
    withQuery('/dead-letters', { where, sort, page: page === 1 ? '' : String(page) }),
  events: (where = '', query: Readonly<Record<'cursor' | 'sort', string | null>> = NO_QUERY) =>
    withQuery('/dead-letters/events', { where, ...query }),
  selected: (action: string) => `/dead-letters/selected/${action}`,
  event: (id: string) => `/dead-letters/events/${encodeURIComponent(id)}`,
  bulkEdit: (where = '') => withQuery('/dead-letters/edit', { where }),
  acknowledge: (where = '') => withQuery('/dead-letters/acknowledge', { where }),
  reopen: '/dead-letters/reopen',
  replays: '/replays',
  newReplay: (where = '') => withQuery('/replays/new', { where }),
  replay: (id: string) => `/replays/${encodeURIComponent(id)}`,
  purge: (where = '') => withQuery('/purge', { where }),
  overview: (range = '15m', page = 1) =>
    withQuery('/', {
      range: range === '15m' ? '' : range,
      page: page === 1 ? '' : String(page),
    }),
  lanes: (find = '', state = '', page = 1) =>
    withQuery('/lanes', { find, state, page: page === 1 ? '' : String(page) }),
  lane: (pixelId: string) => `/lanes/${encodeURIComponent(pixelId)}`,
  trace: (id = '') => withQuery('/trace', { id }),
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
  lanes: 'capi-relay lanes',
  lane: (pixelId: string) => `capi-relay lanes --pixel ${quoted(pixelId)}`,
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
  acknowledge: (where: string) => `capi-relay dead-letters acknowledge${scope(where) || ' --all'}`,
  reopen: (where: string) => `capi-relay dead-letters acknowledge${scope(where) || ' --all'} --end`,
  trace: (id: string) => `capi-relay trace ${id === '' ? 'MESSAGE_ID' : quoted(id)}`,
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
