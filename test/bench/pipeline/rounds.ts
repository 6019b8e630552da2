import type { GeneratedMessage, MessageGenerator } from '#cli/produce/generator.ts';
import { measureCosts } from './costs.ts';
import type { Floor } from './floor.ts';
import type { Round } from './measures.ts';
import type { Place } from './phase.ts';
import { eventsForAge, measureAge, measureThroughput } from './traffic.ts';

interface Plan {
  /** One for each version of the code. */
  readonly places: readonly Place[];
  readonly rounds: number;
  readonly messages: readonly GeneratedMessage[];
  readonly generator: MessageGenerator;
  readonly floor: Floor;
  say(line: string): void;
}

/**
 * Measures every version in every round, each step of all of them before the next step, so that they
 * have the same minutes of the machine. The order changes from round to round.
 */
export async function measureRounds(plan: Plan): Promise<{ rounds: Round[][]; ageRate: number }> {
  const { places, messages, generator, floor } = plan;
  const rounds: Round[][] = places.map(() => []);
  let forAge: { rate: number; messages: GeneratedMessage[] } | null = null;
  for (let round = 0; round < plan.rounds; round += 1) {
    const said = `round ${round + 1} of ${plan.rounds}: `;
    plan.say(`${said}CPU of ingest, then of the worker, beside the floor …`);
    const costs = await inTurns(places, round, (place) => measureCosts(place, messages, floor));
    plan.say(`${said}throughput, everything together …`);
    const throughputs = await inTurns(places, round, (place) => measureThroughput(place, messages));
    if (forAge === null) {
      const rate = Math.min(...throughputs) / 2;
      forAge = { rate, messages: generator.take(eventsForAge(rate)) };
    }
    const { rate, messages: steady } = forAge;
    plan.say(`${said}age at half of that …`);
    const ages = await inTurns(places, round, (place) => measureAge(place, steady, rate));
    for (const [at, cost] of costs.entries()) {
      rounds[at]?.push({ ...cost, throughput: throughputs[at] ?? Number.NaN, ...ages[at] });
    }
  }
  return { rounds, ageRate: forAge?.rate ?? Number.NaN };
}

/** One after the other, in the opposite order every other round; the answers in the order of the places. */
async function inTurns<T>(
  places: readonly Place[],
  round: number,
  measure: (place: Place) => Promise<T>,
): Promise<T[]> {
  const entries = [...places.entries()];
  const found = new Map<number, T>();
  for (const [at, place] of round % 2 === 0 ? entries : entries.toReversed()) {
    found.set(at, await measure(place));
  }
  return entries.flatMap(([at]) => found.get(at) ?? []);
}
