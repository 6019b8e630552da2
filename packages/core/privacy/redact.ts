import { asObject, type Json } from '../event/track-event.ts';
import { holdsEmail, isPerson, isPersonalName } from './personal-data.ts';
import { textWithoutPersonalData } from './url.ts';

/** Deeper levels of a property are dropped. */
const DEEPEST = 6;

interface Findings {
  personal: boolean;
  unusable: boolean;
  readonly allowed: boolean;
}

/**
 * A property's value without personal data, and without what JSON or Meta cannot represent: infinite
 * numbers, lone surrogates, and too many levels.
 *
 * @param name of the property
 * @param allowed true when the pixel keeps it even if it looks personal
 * @returns the value, undefined when nothing of it may be sent; and what was in it
 */
export function redactProperty(value: unknown, name: string, allowed: boolean) {
  const findings: Findings = { personal: false, unusable: false, allowed };
  const kept = keep(value, findings, isPerson(name), 0);
  return { value: kept, personal: findings.personal, unusable: findings.unusable };
}

function keep(value: unknown, findings: Findings, ofPerson: boolean, depth: number): unknown {
  if (typeof value === 'string') return keepText(value, findings);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    findings.unusable = true;
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) {
    findings.unusable = true;
    return undefined;
  }
  const object = asObject(value);
  return object === null
    ? keepItems(value as readonly unknown[], findings, ofPerson, depth)
    : keepFields(object, findings, ofPerson, depth);
}

function keepText(text: string, findings: Findings): unknown {
  if (findings.allowed) return text.toWellFormed();
  const clean = textWithoutPersonalData(text);
  if (clean !== text) findings.personal = true;
  return clean?.toWellFormed();
}

function keepItems(
  items: readonly unknown[],
  findings: Findings,
  ofPerson: boolean,
  depth: number,
): unknown[] {
  const kept: unknown[] = [];
  for (const item of items) {
    const value = keep(item, findings, ofPerson, depth + 1);
    if (value !== undefined) kept.push(value);
  }
  return kept;
}

function keepFields(object: Json, findings: Findings, ofPerson: boolean, depth: number): Json {
  const kept: Record<string, unknown> = {};
  for (const name in object) {
    if (!isUsableName(name)) findings.unusable = true;
    else if (!findings.allowed && isPersonalIn(name, ofPerson)) findings.personal = true;
    else {
      const value = keep(object[name], findings, isPerson(name), depth + 1);
      if (value !== undefined) kept[name] = value;
    }
  }
  return kept;
}

/** `customer: { name }` is as personal as `customer_name`. */
function isPersonalIn(name: string, ofPerson: boolean): boolean {
  return isPersonalName(ofPerson ? `customer ${name}` : name) || holdsEmail(name);
}

/** False for `__proto__`, which cannot be a field, and for lone surrogates. */
export function isUsableName(name: string): boolean {
  return name !== '__proto__' && name.isWellFormed();
}
