/** Events that one way gets before the next has its turn. */
const SLICE = 500;

/** Ways to do a job, by their names; each begins with the text of a Track event. */
export type Ways = Readonly<Record<string, (text: string) => unknown>>;

/**
 * Microseconds of CPU an event, parsing included, as in real traffic, where an event is mapped the
 * moment it has been parsed. All ways take turns on the same events, slice by slice, so that what
 * else the machine does slows all of them alike; the order changes, so that each comes after each.
 */
export function measure(
  texts: readonly string[],
  rounds: number,
  ways: Ways,
): Record<string, number> {
  const names = Object.keys(ways);
  const spent: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < texts.length; at += SLICE) {
      const slice = texts.slice(at, at + SLICE);
      for (const name of shuffled(names, round + at / SLICE)) {
        const took = cpuOf(slice, ways[name] as (text: string) => unknown);
        spent[name] = (spent[name] ?? 0) + took;
      }
    }
  }
  const events = texts.length * rounds;
  return Object.fromEntries(Object.entries(spent).map(([name, took]) => [name, took / events]));
}

/** One order of many, the same for the same turn: steps that share no divisor with their number. */
function shuffled(names: readonly string[], turn: number): string[] {
  const count = names.length;
  const steps = names.map((_, at) => at + 1).filter((step) => isCoprime(step, count));
  const step = steps[turn % steps.length] ?? 1;
  return names.map((_, at) => names[(turn + at * step) % count] ?? '');
}

function isCoprime(a: number, b: number): boolean {
  return b === 0 ? a === 1 : isCoprime(b, a % b);
}

function cpuOf(texts: readonly string[], work: (text: string) => unknown): number {
  const before = process.cpuUsage();
  for (const text of texts) work(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
