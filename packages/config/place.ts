/** The steps from the top of the file to a value. */
export type Place = readonly PropertyKey[];

/** `['pixels', 0, 'accessToken']` → `pixels[0].accessToken`. */
export function pathOf(place: Place): string {
  return place.reduce<string>((path, step) => {
    if (typeof step === 'number') return `${path}[${step}]`;
    return path === '' ? String(step) : `${path}.${String(step)}`;
  }, '');
}

/** What stands at a place; undefined where nothing does. */
export function valueAt(top: unknown, place: Place): unknown {
  return place.reduce<unknown>(childAt, top);
}

/** What stands one step below; undefined where nothing does. */
export function childAt(parent: unknown, step: PropertyKey): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, step))
    return undefined;
  return (parent as Record<PropertyKey, unknown>)[step];
}
