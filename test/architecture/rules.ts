/** Where a source file belongs: the room that its path begins with. */
export function roomOf(path: string): string {
  const [top, second] = path.split('/');
  return top === 'packages' || top === 'services' ? `${top}/${second}` : (top ?? '');
}

/** Each third-party library lives in one room; the sandbox is a program of its own. */
const LIBRARIES: Readonly<Record<string, string | readonly string[]>> = {
  kafkajs: 'packages/kafka',
  'lz4-napi': 'packages/kafka',
  snappy: 'packages/kafka',
  bullmq: 'packages/store',
  ioredis: 'packages/store',
  got: 'packages/graph',
  fastify: 'services/control',
  fastq: 'services/control',
  'ipaddr.js': 'services/control',
  '@fastify/cookie': 'services/control',
  '@fastify/csrf-protection': 'services/control',
  '@fastify/formbody': 'services/control',
  '@fastify/helmet': 'services/control',
  '@fastify/proxy-addr': 'services/control',
  '@fastify/static': 'services/control',
  'playwright-core': 'deploy',
  '@opentelemetry/api': 'packages/tracing',
  '@opentelemetry/exporter-trace-otlp-http': 'packages/tracing',
  '@opentelemetry/resources': 'packages/tracing',
  '@opentelemetry/sdk-trace-node': 'packages/tracing',
  'prom-client': ['packages/process', 'services/sandbox'],
  pino: 'packages/process',
  zod: ['packages/config', 'packages/store', 'packages/graph', 'services/sandbox'],
  yaml: 'packages/config',
  commander: 'packages/process',
  'fastest-levenshtein': 'packages/core',
  'p-timeout': 'services/cli',
  'cli-truncate': 'services/cli',
  'string-width': 'services/cli',
  'wrap-ansi': 'services/cli',
  '@faker-js/faker': 'services/cli',
  'libphonenumber-js': 'packages/core',
  '@grafana/grafana-foundation-sdk': 'deploy',
  '@swc/core': 'deploy',
};

/** What has a package.json of its own, which says what it may import. */
const OWN_PACKAGE = 'deploy/grafana/preview/';

/** Which packages a room may import: one direction only. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/config': ['packages/core'],
  'packages/process': ['packages/core', 'packages/config'],
  'packages/kafka': ['packages/core'],
  'packages/registry': ['packages/core'],
  'packages/graph': ['packages/core'],
  'packages/tracing': ['packages/core', 'packages/config', 'packages/process'],
  'packages/store': ['packages/core', 'packages/config'],
};

const PACKAGES = [
  'packages/core',
  'packages/config',
  'packages/process',
  'packages/store',
  'packages/kafka',
  'packages/registry',
  'packages/graph',
  'packages/tracing',
];

/** What the pure core may take from Node. */
const PURE_NODE = ['node:crypto', 'node:net'];

const IMPURE =
  /\bprocess\.|\bDate\.now\(|\bnew Date\(\)|\bperformance\.|\bMath\.random\(|\brandom(Bytes|UUID|Int)\(|\bconsole\.|\bset(Timeout|Interval|Immediate)\(|\bfetch\(/;

/** As an imported module it evaluates every export, and one of them is a client that few processes need. */
const HTTP_MODULE = /^import (?!type\b)[^;]*from 'node:https?';/m;

/** What makes requests all the time, with a library that imports it too. */
const HTTP_CLIENTS = ['packages/graph', 'packages/registry', 'deploy'];

export const MAX_LINES = 250;

const VAGUE = /(^|\/)(utils?|helpers?|common|types|models|index)\.ts$/;

/** The specifiers that a source imports, as written. */
export function importsOf(source: string): string[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'|\bimport\('([^']+)'\)/g;
  return [...source.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** The path that a specifier of ours leads to; null for Node's and other people's. */
export function resolveOurs(specifier: string, from: string): string | null {
  const room = /^#(core|config|process|store|kafka|registry|graph|tracing)\/(.*)$/.exec(specifier);
  if (room !== null) return `packages/${room[1]}/${room[2]}`;
  const service = /^#(ingest|worker|control|sandbox|cli)\/(.*)$/.exec(specifier);
  if (service !== null) return `services/${service[1]}/${service[2]}`;
  if (/^#(local|grafana|docs|package|release)\//.test(specifier))
    return specifier.replace('#', 'deploy/');
  if (specifier.startsWith('#test/')) return specifier.replace('#', '');
  if (!specifier.startsWith('.')) return null;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** What is wrong with one source file; nothing is right. */
export function faultsOf(path: string, source: string): string[] {
  const room = roomOf(path);
  const faults = importsOf(source).flatMap((specifier) => importFaults(path, room, specifier));
  if (VAGUE.test(path)) faults.push('its name says nothing');
  if (/\b(TODO|FIXME)\b/.test(source)) faults.push('says that something is left to do');
  const lines = source.split('\n').length - 1;
  if (lines > MAX_LINES) faults.push(`has ${lines} lines`);
  if (!HTTP_CLIENTS.includes(room) && HTTP_MODULE.test(source)) {
    faults.push('imports node:http, which loads an HTTP client: process.getBuiltinModule does not');
  }
  if (room === 'packages/core' && IMPURE.test(source)) faults.push('is not pure');
  return faults.map((fault) => `${path}: ${fault}`);
}

function importFaults(path: string, room: string, specifier: string): string[] {
  const target = resolveOurs(specifier, path);
  if (target !== null) {
    const manages = target.startsWith('packages/store/dead-letters/') && !WRITING.test(target);
    const moves = room === 'services/ingest' || room === 'services/worker';
    if (moves && manages) return [`imports ${target}: control manages dead letters`];
    return directionFaults(room, roomOf(target), target);
  }
  if (specifier.startsWith('node:')) {
    const impure = room === 'packages/core' && !PURE_NODE.includes(specifier);
    return impure ? [`imports ${specifier}, and the core is pure`] : [];
  }
  if (path.startsWith(OWN_PACKAGE)) return [];
  const [library = ''] = Object.keys(LIBRARIES).filter(
    (name) => specifier === name || specifier.startsWith(`${name}/`),
  );
  if (library === '') return [`imports ${specifier}, which has no room`];
  return [LIBRARIES[library]].flat().includes(room)
    ? []
    : [`imports ${library}, which lives in ${LIBRARIES[library]}`];
}

function directionFaults(room: string, target: string, path: string): string[] {
  if (room === target || room === 'deploy') return [];
  if (path === 'package.json') return [];
  const allowed = room.startsWith('services/') ? PACKAGES : (ALLOWED[room] ?? []);
  return allowed.includes(target) ? [] : [`imports ${path}, against the direction`];
}

/** Of dead letters, all that a process needs which writes them and does nothing else with them. */
const WRITING =
  /^packages\/store\/dead-letters\/(script-arguments|pages\/(outline|page|seal))\.ts$/;

const ONLY_OF_CONTROL = /^packages\/store\/(dead-letters\/|locks|delivery\/orphans)/;

/** What the processes that move events never load, because others use it alone. */
const NOT_LOADED: Readonly<Record<string, readonly RegExp[]>> = {
  'services/ingest/main.ts': [ONLY_OF_CONTROL, /^packages\/kafka\/producer/],
  'services/worker/main.ts': [ONLY_OF_CONTROL, /^packages\/(kafka|store\/status)\//],
};

/** What the pipeline loads although only control or the lab uses it; types load nothing. */
export function loadFaults(sources: ReadonlyMap<string, string>): string[] {
  return Object.entries(NOT_LOADED).flatMap(([entry, patterns]) =>
    [...loadedBy(entry, sources)]
      .filter((path) => patterns.some((pattern) => pattern.test(path)) && !WRITING.test(path))
      .map((path) => `${entry} loads ${path}, which only others use`),
  );
}

/** What every process loads before it knows what it is to do. */
const LIGHT = ['commander'];

/** What `--help` of a command loads although only its action needs it. */
export function helpFaults(sources: ReadonlyMap<string, string>): string[] {
  const entries = [...sources.keys()].filter((path) => /^services\/.*\/main\.ts$/.test(path));
  const atOnce = new Map([...sources].map(([path, source]) => [path, source.replace(LATER, '')]));
  return entries.flatMap((entry) =>
    [...loadedBy(entry, atOnce)].flatMap((path) =>
      importsOf(withoutTypes(atOnce.get(path) ?? ''))
        .filter((each) => !/^(node:|#|\.)/.test(each) && !LIGHT.includes(each))
        .map((each) => `${entry} loads ${each} at once, by ${path}`),
    ),
  );
}

/** What is loaded when it is needed. */
const LATER = /\bimport\('[^']+'\)/g;

/** Types load nothing. */
function withoutTypes(source: string): string {
  return source.replace(/^(import|export) type [^;]*;/gm, '');
}

function loadedBy(entry: string, sources: ReadonlyMap<string, string>): Set<string> {
  const loaded = new Set<string>();
  const open = [entry];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (loaded.has(path)) continue;
    loaded.add(path);
    const source = withoutTypes(sources.get(path) ?? '');
    const targets = importsOf(source).map((specifier) => resolveOurs(specifier, path ?? ''));
    open.push(...targets.filter((target) => target !== null));
  }
  return loaded;
}

/** Cycles among files, each as the path from a file back to itself. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) cycles.push([...trail.slice(at), file].join(' → '));
    if (at >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}
