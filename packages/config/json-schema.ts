import { z } from 'zod';
import { OVERRIDES } from './environment.ts';
import { CONDITION_DEFINITION } from './schema/condition.ts';
import { fileSchema } from './schema/configuration-file.ts';

/** The subset of JSON Schema that is used here. */
export interface JsonSchema {
  /** To one of the definitions, which are written by hand. */
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
}

/** A schema of the configuration as written, before its defaults are filled in. */
export function writtenForm(schema: z.ZodType = fileSchema): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', target: 'draft-07' }) as JsonSchema;
}

/** A reference to an environment variable, allowed in place of any value. */
const REFERENCE = {
  type: 'string',
  pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}',
  description: 'the value of an environment variable',
};

/** The JSON Schema of the configuration file, for editors. */
export function editorSchema(): object {
  const { $schema, ...schema } = writtenForm() as JsonSchema & { $schema?: string };
  return {
    $schema,
    title: 'capi-relay configuration',
    ...admitReferences(withoutOverridden(schema)),
    definitions: { reference: REFERENCE, condition: CONDITION_DEFINITION },
  };
}

/** A key that the environment can set is not required. */
function withoutOverridden(schema: JsonSchema): JsonSchema {
  const properties = { ...schema.properties };
  for (const { path } of OVERRIDES) {
    const [section, key] = path;
    const group = properties[section];
    const required = group?.required?.filter((name) => name !== key);
    if (group !== undefined && required !== undefined) properties[section] = { ...group, required };
  }
  return { ...schema, properties };
}

/** Admits a reference wherever the schema does not admit every string anyway. */
function admitReferences(schema: JsonSchema): JsonSchema {
  const { $ref, properties, items, anyOf, additionalProperties } = schema;
  if ($ref !== undefined) return schema;
  if (anyOf !== undefined) {
    return { ...schema, anyOf: [...anyOf.map(admitBelow), reference()] };
  }
  if (properties !== undefined || typeof additionalProperties === 'object')
    return admitBelow(schema);
  const text = [schema.type].flat().includes('string');
  const narrow = !text || schema.pattern !== undefined || schema.enum !== undefined;
  if (!narrow) return schema;
  const { description, default: byDefault, ...value } = schema;
  return {
    ...(description !== undefined && { description }),
    ...(byDefault !== undefined && { default: byDefault }),
    anyOf: [items === undefined ? value : admitBelow(value), reference()],
  };
}

function admitBelow(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties: others } = schema;
  const admitted = Object.entries(properties ?? {}).map(([key, value]) => [
    key,
    admitReferences(value),
  ]);
  return {
    ...schema,
    ...(properties && { properties: Object.fromEntries(admitted) }),
    ...(items && { items: admitReferences(items) }),
    ...(typeof others === 'object' && { additionalProperties: admitReferences(others) }),
  };
}

function reference(): JsonSchema {
  return { $ref: '#/definitions/reference' } as JsonSchema;
}
