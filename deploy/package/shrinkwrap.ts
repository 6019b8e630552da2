/** What a lock file says of one installed package; only what is used here. */
export interface LockEntry {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly [other: string]: unknown;
}

/** Place in `node_modules` → what is there; the root is ''. */
export type LockEntries = Readonly<Record<string, LockEntry>>;

/** How npm reached an entry from the root of the checkout; from another root it differs. */
const REACHED = ['dev', 'devOptional', 'optional', 'peer'];

/**
 * The lock that is published with the package, so that an installation gets the versions that were
 * tested. It holds what the root needs at run time, and nothing of what only development needs.
 * Source: https://docs.npmjs.com/cli/v11/configuring-npm/npm-shrinkwrap-json
 */
export function shrinkwrapOf(lock: LockEntries, root: LockEntry): LockEntries {
  const required = reachedFrom(root, lock, false);
  const places = [...reachedFrom(root, lock, true)].sort();
  const entries = places.map((place): [string, LockEntry] => {
    const kept = Object.entries(lock[place] ?? {}).filter(([key]) => !REACHED.includes(key));
    if (!required.has(place)) kept.push(['optional', true]);
    return [place, Object.fromEntries(kept)];
  });
  return Object.fromEntries([['', root], ...entries]);
}

function reachedFrom(root: LockEntry, lock: LockEntries, optional: boolean): Set<string> {
  const reached = new Set<string>();
  const open: [string, LockEntry][] = [['', root]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [from, entry] = next;
    for (const name of neededBy(entry, optional)) {
      const place = resolvePlace(lock, from, name);
      if (place === null || reached.has(place)) continue;
      reached.add(place);
      open.push([place, lock[place] ?? {}]);
    }
  }
  return reached;
}

function neededBy(entry: LockEntry, optional: boolean): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = entry;
  const peers = Object.keys(peerDependencies).filter(
    (name) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  );
  const maybe = Object.keys(optionalDependencies);
  const always = [...Object.keys(dependencies), ...peers].filter((name) => !maybe.includes(name));
  return optional ? [...always, ...maybe] : always;
}

/** Where Node finds a package: beside its user, else one level further up. */
function resolvePlace(lock: LockEntries, from: string, name: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (Object.hasOwn(lock, place)) return place;
    if (at === '') return null;
  }
}
