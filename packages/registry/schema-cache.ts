import type { SchemaKey } from '#core/event/track-event.ts';
import type { RegistryOptions } from './client.ts';
import { compileSchema, type ReadPayload } from './compile.ts';
import { fetchSchema, UnknownSchema } from './fetch-schema.ts';
import { SchemaFault } from './schema-fault.ts';

/** A schema that can be used, or why it cannot. */
type Loaded = { readonly read: ReadPayload } | { readonly fault: string };

/** Schemas that are kept, and as many that cannot be used: a flood of those takes no place of the others. */
const MOST_SCHEMAS = 2000;
/** Requests under way. */
const AT_ONCE = 16;
/** How long it counts that a schema cannot be used, in ms: it may be registered a moment later. */
const FAULT_MS = 60_000;
/**
 * A follower of a registry learns of a new schema a moment after its leader. A schema that is unknown is
 * asked for a second time after this, in ms, but not more often than this.
 */
const AGAIN_MS = 1000;
const BETWEEN_AGAIN_MS = 30_000;

export interface CacheOptions {
  /** Unix ms. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Schemas by their key, each loaded once. */
export class SchemaCache {
  private readonly usable = new Map<SchemaKey, { readonly read: ReadPayload }>();
  private readonly faults = new Map<
    SchemaKey,
    { readonly fault: string; readonly until: number }
  >();
  private readonly loading = new Map<SchemaKey, Promise<void>>();
  private readonly registry: RegistryOptions;
  private readonly options: CacheOptions;
  private askedAgainAt = Number.NEGATIVE_INFINITY;

  constructor(registry: RegistryOptions, options: CacheOptions) {
    this.registry = registry;
    this.options = options;
  }

  /** Undefined where it has to be loaded first. */
  get(key: SchemaKey): Loaded | undefined {
    const usable = this.usable.get(key);
    if (usable !== undefined) return usable;
    const known = this.faults.get(key);
    return known !== undefined && known.until > this.options.now() ? known : undefined;
  }

  /** @throws RegistryFailure where one of them cannot be asked for */
  async load(keys: ReadonlySet<SchemaKey>): Promise<void> {
    const wanted = [...keys].filter((key) => this.get(key) === undefined);
    const unknown = await this.loadAll(wanted);
    if (unknown.length === 0) return;
    const { now, sleep } = this.options;
    if (now() - this.askedAgainAt >= BETWEEN_AGAIN_MS) {
      this.askedAgainAt = now();
      await sleep(AGAIN_MS);
      await this.loadAll(unknown);
    }
  }

  /** @returns those that the registry does not know */
  private async loadAll(keys: readonly SchemaKey[]): Promise<SchemaKey[]> {
    const unknown: SchemaKey[] = [];
    for (let at = 0; at < keys.length; at += AT_ONCE) {
      const part = keys.slice(at, at + AT_ONCE).map((key) => this.loadOnce(key, unknown));
      // All of them end before a failure is told: none fails unheard.
      const failed = (await Promise.allSettled(part)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
    }
    return unknown;
  }

  /** Several partitions may need the same schema. */
  private loadOnce(key: SchemaKey, unknown: SchemaKey[]): Promise<void> {
    const running = this.loading.get(key);
    if (running !== undefined) return running;
    const started = this.loadOne(key, unknown).finally(() => this.loading.delete(key));
    this.loading.set(key, started);
    return started;
  }

  private async loadOne(key: SchemaKey, unknown: SchemaKey[]): Promise<void> {
    try {
      keep(this.usable, key, { read: compileSchema(await fetchSchema(this.registry, key)) });
      this.faults.delete(key);
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error;
      if (error instanceof UnknownSchema) unknown.push(key);
      keep(this.faults, key, { fault: error.message, until: this.options.now() + FAULT_MS });
    }
  }
}

/** Adds to a map, which forgets what was added first once it is full. */
function keep<T>(map: Map<SchemaKey, T>, key: SchemaKey, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_SCHEMAS) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
