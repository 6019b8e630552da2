import { asObject } from '#core/event/track-event.ts';
import { askRegistry } from './client.ts';
import { compileSchema } from './compile.ts';
import { fetchSchema } from './fetch-schema.ts';
import type { SchemaRegistry } from './open.ts';
import { RegistryFailure } from './registry-failure.ts';
import { SchemaFault } from './schema-fault.ts';

/** A schema of a registry, and why it cannot be used; null where it can. */
interface ExaminedSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly fault: string | null;
}

/**
 * Reads the newest schema of a topic, or of any subject where no topic has one by the usual name; null
 * where the registry has none.
 * @throws RegistryFailure where it does not answer, or refuses
 */
export async function examineRegistry(registry: SchemaRegistry): Promise<ExaminedSchema | null> {
  const listed = await askRegistry(registry, '/subjects');
  const found = 'found' in listed && Array.isArray(listed.found) ? listed.found : null;
  if (found === null) throw strange();
  const subjects = found.filter((each): each is string => typeof each === 'string');
  const usual = registry.topics.map((topic) => `${topic}-value`);
  const subject = usual.find((each) => subjects.includes(each)) ?? subjects[0];
  if (subject === undefined) return null;
  const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
  const newest = await askRegistry(registry, path);
  const { id, version } = ('found' in newest && asObject(newest.found)) || {};
  if (typeof id !== 'number' || typeof version !== 'number') throw strange();
  return { subject, version, id, fault: await faultOf(registry, id) };
}

async function faultOf(registry: SchemaRegistry, id: number): Promise<string | null> {
  try {
    compileSchema(await fetchSchema(registry, id));
    return null;
  } catch (error) {
    if (error instanceof SchemaFault) return error.message;
    throw error;
  }
}

function strange(): RegistryFailure {
  const fix = 'check that schemaRegistry.urls is where a registry has its API';
  return new RegistryFailure(
    'other',
    'the schema registry answers without what was asked for',
    fix,
  );
}
