import type { z } from 'zod';
import type { Place } from './place.ts';

/** The keys that a schema knows at a place. */
export function keysAt(schema: z.ZodType, place: Place): string[] {
  const found = schemaAt(schema, place);
  return found === null ? [] : Object.keys(shapeOf(inner(found)) ?? {});
}

/** The sentence that describes a place. */
export function descriptionAt(schema: z.ZodType, place: Place): string | null {
  return schemaAt(schema, place)?.description ?? null;
}

/** The default of a place, where it is a number. */
export function exampleAt(schema: z.ZodType, place: Place): string | null {
  const found = schemaAt(schema, place);
  if (found === null) return null;
  const { defaultValue } = found.def as { defaultValue?: unknown };
  return typeof defaultValue === 'number' ? String(defaultValue) : null;
}

function schemaAt(schema: z.ZodType, place: Place): z.ZodType | null {
  let at: z.ZodType | undefined = schema;
  for (const step of place) {
    if (at === undefined) return null;
    const group: z.ZodType = inner(at);
    at = typeof step === 'number' ? elementOf(group) : shapeOf(group)?.[String(step)];
  }
  return at ?? null;
}

interface Wrapping {
  /** Of a default or an optional. */
  readonly innerType?: z.ZodType;
  /** Of a transformation. */
  readonly in?: z.ZodType;
  /** Of what has several forms. */
  readonly options?: readonly z.ZodType[];
}

/** What a schema wraps; of several forms, the one with keys. */
function inner(schema: z.ZodType): z.ZodType {
  const { innerType, in: input, options } = schema.def as Wrapping;
  const wrapped = innerType ?? input;
  if (wrapped !== undefined) return inner(wrapped);
  return options?.find((option) => shapeOf(option) !== undefined) ?? schema;
}

function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  return (schema as { shape?: Record<string, z.ZodType> }).shape;
}

function elementOf(schema: z.ZodType): z.ZodType | undefined {
  return (schema as { element?: z.ZodType }).element;
}
