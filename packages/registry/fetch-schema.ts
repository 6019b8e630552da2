import { asObject, type Json, type SchemaKey } from '#core/event/track-event.ts';
import { askRegistry, type RegistryAnswer, type RegistryOptions } from './client.ts';
import { RegistryFailure, registryFault } from './registry-failure.ts';
import { SchemaFault } from './schema-fault.ts';

/** A schema as a registry has it, with the texts of what it refers to, those that others need first. */
export interface FetchedSchema {
  readonly type: string;
  readonly text: string;
  readonly references: readonly string[];
}

interface RegisteredSchema {
  readonly type: string;
  readonly text: string;
  readonly references: readonly { readonly subject: string; readonly version: number }[];
}

/** Of all texts of a schema together. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_REFERENCES = 200;

/** A registry has no schema of this key. */
export class UnknownSchema extends SchemaFault {}

/**
 * Gets a schema.
 * @throws SchemaFault where it cannot be used, RegistryFailure where the registry does not say what it is
 */
export async function fetchSchema(
  options: RegistryOptions,
  key: SchemaKey,
): Promise<FetchedSchema> {
  const answer = await (typeof key === 'number'
    ? askRegistry(options, `/schemas/ids/${key}`)
    : askByGuid(options, key));
  if ('missing' in answer) throw new UnknownSchema('is not in the registry');
  const { type, text, references } = registered(answer);
  const loaded = new References(options, text.length);
  await loaded.add(references);
  return { type, text, references: loaded.texts };
}

/** A registry that knows no GUIDs answers as one does that is no registry; it knows the types of schemas. */
async function askByGuid(options: RegistryOptions, guid: string): Promise<RegistryAnswer> {
  try {
    return await askRegistry(options, `/schemas/guids/${guid}`);
  } catch (error) {
    if (registryFault(error) !== 'other') throw error;
    const types = await askRegistry(options, '/schemas/types');
    if (!('found' in types && Array.isArray(types.found))) throw error;
    return { missing: true };
  }
}

/** Loads what schemas refer to, each once. */
class References {
  readonly texts: string[] = [];
  private readonly seen = new Set<string>();
  private readonly options: RegistryOptions;
  private bytes: number;

  constructor(options: RegistryOptions, bytes: number) {
    this.options = options;
    this.bytes = bytes;
    this.check();
  }

  async add(references: RegisteredSchema['references']): Promise<void> {
    for (const { subject, version } of references) {
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
      if (this.seen.has(path)) continue;
      this.seen.add(path);
      if (this.seen.size > MOST_REFERENCES) {
        throw new SchemaFault(`refers to more than ${MOST_REFERENCES} schemas`);
      }
      const answer = await askRegistry(this.options, path);
      if ('missing' in answer)
        throw new SchemaFault('refers to a schema that is not in the registry');
      const found = registered(answer);
      this.bytes += found.text.length;
      this.check();
      await this.add(found.references);
      this.texts.push(found.text);
    }
  }

  private check(): void {
    if (this.bytes > MOST_BYTES) throw new SchemaFault(`is larger than ${MOST_BYTES} bytes`);
  }
}

/** Source: the same, "Get schema by ID": Avro has no type, for the sake of older clients. */
function registered({ found }: Extract<RegistryAnswer, { found: unknown }>): RegisteredSchema {
  const { schema, schemaType = 'AVRO', references = [] } = asObject(found) ?? {};
  if (typeof schema !== 'string' || typeof schemaType !== 'string' || !Array.isArray(references)) {
    const fix = 'check that schemaRegistry.urls is where a registry has its API';
    throw new RegistryFailure('other', 'the schema registry answers without a schema', fix);
  }
  return { type: schemaType, text: schema, references: references.flatMap(referenceOf) };
}

function referenceOf(reference: unknown): RegisteredSchema['references'] {
  const { subject, version }: Json = asObject(reference) ?? {};
  return typeof subject === 'string' && typeof version === 'number' ? [{ subject, version }] : [];
}
