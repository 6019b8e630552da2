/** Where a frame of a profile belongs, and how much of the whole is its own. */
export interface Share {
  readonly room: string;
  /** µs of time, or bytes. */
  readonly own: number;
}

interface Frame {
  readonly functionName: string;
  readonly url: string;
}

/** What V8 writes with --cpu-prof. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[];
  /** The node that ran at each sample, and the µs since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A node of what V8 writes with --heap-prof. */
export interface HeapNode {
  readonly callFrame: Frame;
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** Time by package, most first; what the process waited is no time of anyone. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, root: string): Share[] {
  const rooms = new Map(nodes.map(({ id, callFrame }) => [id, roomOf(callFrame, root)]));
  return shares(samples.map((id, at) => [rooms.get(id) ?? null, Math.max(timeDeltas[at] ?? 0, 0)]));
}

/** Bytes that still lived at the end, by the package that allocated them. */
export function selfSizes(head: HeapNode, root: string): Share[] {
  const found: (readonly [string | null, number])[] = [];
  const open = [head];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    found.push([roomOf(node.callFrame, root), node.selfSize]);
    open.push(...node.children);
  }
  return shares(found);
}

function shares(owned: readonly (readonly [string | null, number])[]): Share[] {
  const sums = new Map<string, number>();
  for (const [room, own] of owned) {
    if (room !== null && own > 0) sums.set(room, (sums.get(room) ?? 0) + own);
  }
  return [...sums].map(([room, own]) => ({ room, own })).sort((a, b) => b.own - a.own);
}

const WITHOUT_URL: ReadonlyMap<string, string | null> = new Map([
  ['(idle)', null],
  ['(program)', 'outside of JavaScript'],
  ['(garbage collector)', 'garbage collector'],
]);

/** `packages/core`, `kafkajs`, `node:zlib`; null for idleness. */
function roomOf({ functionName, url }: Frame, root: string): string | null {
  if (url === '') {
    const known = WITHOUT_URL.get(functionName);
    return known === undefined ? "V8's own functions" : known;
  }
  if (url.startsWith('node:')) return url.replace(/^(node:(?:internal\/)?[^/]*).*/, '$1');
  const path = url.replace(/^file:\/\//, '');
  const [, inPackage] = path.split(/.*\/node_modules\//);
  if (inPackage !== undefined) {
    return inPackage
      .split('/')
      .slice(0, inPackage.startsWith('@') ? 2 : 1)
      .join('/');
  }
  if (!path.startsWith(`${root}/`)) return 'elsewhere';
  return path
    .slice(root.length + 1)
    .split('/')
    .slice(0, 2)
    .join('/');
}
