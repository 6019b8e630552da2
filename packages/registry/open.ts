import { type EventDecoder, PLAIN_JSON } from '#core/event/event-decoder.ts';
import type { RegistryOptions } from './client.ts';

/** A registry, and the topics whose messages name its schemas. */
export type SchemaRegistry = RegistryOptions & { readonly topics: readonly string[] };

/** What reads the values of messages. Without a registry nothing of it is loaded. */
export async function openDecoder(registry: SchemaRegistry | null): Promise<EventDecoder> {
  if (registry === null) return PLAIN_JSON;
  const [{ RegistryDecoder }, { SchemaCache }, { setTimeout: sleep }] = await Promise.all([
    import('./decoder.ts'),
    import('./schema-cache.ts'),
    import('node:timers/promises'),
  ]);
  const cache = new SchemaCache(registry, { now: Date.now, sleep: (ms) => sleep(ms) });
  return new RegistryDecoder(cache, registry.topics);
}
