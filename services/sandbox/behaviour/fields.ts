import type { Json } from '../validator/fault.ts';

/**
 * Reads the fields of one JSON object, and collects everything that is wrong with them instead of
 * stopping at the first: wrong types, values out of range, and, at the end, names nobody asked for.
 */
export class Fields {
  readonly #json: Json;
  readonly #asked = new Set<string>();
  readonly #problems: string[] = [];

  constructor(json: Json) {
    this.#json = json;
  }

  number<D>(name: string, otherwise: D, least: number, most: number): number | D {
    const value = this.#ask(name);
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && value >= least && value <= most) return value;
    return this.#wrong(`${name} must be a number from ${least} to ${most}`, otherwise);
  }

  integer<D>(name: string, otherwise: D, least: number, most: number): number | D {
    const value = this.number(name, otherwise, least, most);
    if (value === otherwise || Number.isInteger(value)) return value;
    return this.#wrong(`${name} must be an integer`, otherwise);
  }

  text<D>(name: string, otherwise: D): string | D {
    const value = this.#ask(name);
    if (value === undefined) return otherwise;
    return typeof value === 'string' ? value : this.#wrong(`${name} must be a string`, otherwise);
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#ask(name);
    if (value === undefined) return otherwise;
    return typeof value === 'boolean' ? value : this.#wrong(`${name} must be a boolean`, otherwise);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
    const value = this.#ask(name);
    if (value === undefined) return otherwise;
    const found = allowed.find((word) => word === value);
    return found ?? this.#wrong(`${name} must be one of ${allowed.join(', ')}`, otherwise);
  }

  /** A number, or `[least, most]`. */
  range(name: string, otherwise: [number, number]): [number, number] {
    const value = this.#ask(name);
    if (value === undefined) return otherwise;
    const [least, most] = Array.isArray(value) ? value : [value, value];
    if (typeof least === 'number' && typeof most === 'number' && 0 <= least && least <= most) {
      return [least, most];
    }
    return this.#wrong(`${name} must be a number of zero or more, or a pair of them`, otherwise);
  }

  /** One value or an array of them. */
  set<T extends 'string' | 'number'>(
    name: string,
    type: T,
  ): Set<T extends 'string' ? string : number> | null {
    const value = this.#ask(name);
    if (value === undefined) return null;
    const items: unknown[] = Array.isArray(value) ? value : [value];
    if (items.every((item) => typeof item === type)) {
      return new Set(items as (T extends 'string' ? string : number)[]);
    }
    return this.#wrong(`${name} must be a ${type} or an array of them`, null);
  }

  complain(problem: string): void {
    this.#problems.push(problem);
  }

  /** Everything that was wrong; call it last. */
  problems(): readonly string[] {
    const unknown = Object.keys(this.#json).filter((name) => !this.#asked.has(name));
    return [...this.#problems, ...unknown.map((name) => `${name} is not a field of this kind`)];
  }

  #ask(name: string): unknown {
    this.#asked.add(name);
    return this.#json[name];
  }

  #wrong<D>(problem: string, otherwise: D): D {
    this.#problems.push(problem);
    return otherwise;
  }
}
