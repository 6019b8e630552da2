/*
 * A clock that shows another time: `node --import shifted-clock.ts?ms=-86400000 program.ts`. For what
 * was recorded at some time and is too old for Meta at any later one. Timers and Redis keep theirs.
 */

/** Lets this process believe that it is earlier or later. @returns what undoes it */
export function shiftClock(ms: number): () => void {
  const Real = globalThis.Date;
  const now = (): number => Real.now() + ms;
  const handler: ProxyHandler<DateConstructor> = {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new Real(now()).toString(),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  };
  globalThis.Date = new Proxy(Real, handler);
  return () => {
    globalThis.Date = Real;
  };
}

const given = new URL(import.meta.url).searchParams.get('ms');
if (given !== null) shiftClock(Number(given));
