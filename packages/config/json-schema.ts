import { z } from 'zod';
import { OVERRIDES } from './environment.ts';
import { fileSchema } from './schema.ts';

/** The parts of a JSON Schema that are used here. */
export interface JsonSchema {
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

/** What may be written in a configuration file, before its defaults are filled in. */
export function writtenForm(): JsonSchema {
  return z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-07' }) as JsonSchema;
}

/** A value that names a variable of the environment, whatever else is wanted in its place. */
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
    definitions: { reference: REFERENCE },
  };
}

/** The environment may give what the file leaves out. */
function withoutOverridden(schema: JsonSchema): JsonSchema {
  const properties = { ...schema.properties };
  for (const { place } of OVERRIDES) {
    const [section, key] = place;
    const group = properties[section];
    const required = group?.required?.filter((name) => name !== key);
    if (group !== undefined && required !== undefined) properties[section] = { ...group, required };
  }
  return { ...schema, properties };
}

/** Lets a reference stand wherever a value would not be taken for any text. */
function admitReferences(schema: JsonSchema): JsonSchema {
  const { properties, items, anyOf, additionalProperties } = schema;
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
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    anyOf: [items === undefined ? value : admitBelow(value), reference()],
  };
}

function admitBelow(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, admitReferences(value)]),
          ),
        }),
    ...(items === undefined ? {} : { items: admitReferences(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: admitReferences(additionalProperties) }
      : {}),
  };
}

function reference(): JsonSchema {
  return { $ref: '#/definitions/reference' } as JsonSchema;
}
