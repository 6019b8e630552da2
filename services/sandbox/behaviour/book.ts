import type { Action, Behaviour, Stage, StagedAction } from './behaviour.ts';

/** An active behaviour: `left` counts down, from infinity without `times`; `acted` counts up. */
export interface Armed extends Behaviour {
  readonly id: string;
  left: number;
  acted: number;
}

type Doing<A> = Armed & { readonly action: A };

/** All active behaviours, in the order in which they were added. */
export class BehaviourBook {
  #armed: Armed[] = [];
  #next = 1;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(behaviour: Behaviour): string {
    const id = `b${this.#next++}`;
    const left = behaviour.times ?? Number.POSITIVE_INFINITY;
    this.#armed.push({ id, ...behaviour, left, acted: 0 });
    return id;
  }

  /** Removes those that match every given field; returns how many. */
  remove(matching: Partial<Pick<Armed, 'id' | 'pixel' | 'kind'>>): number {
    const before = this.#armed.length;
    const fields = Object.entries(matching) as ['id' | 'pixel' | 'kind', string][];
    this.#armed = this.#armed.filter((armed) =>
      fields.some(([name, value]) => armed[name] !== value),
    );
    return before - this.#armed.length;
  }

  /** Those that act on a request to this pixel at this stage, by their probabilities. */
  staged(pixel: string, stage: Stage): Doing<StagedAction>[] {
    return this.#armed.filter(
      (armed): armed is Doing<StagedAction> =>
        'stage' in armed.action && armed.action.stage === stage && this.#mayAct(armed, pixel),
    );
  }

  /** Those that act in this way, independent of a stage. */
  doing<D extends Action['do']>(pixel: string, what: D): Doing<Extract<Action, { do: D }>>[] {
    return this.#armed.filter(
      (armed): armed is Doing<Extract<Action, { do: D }>> =>
        armed.action.do === what && this.#mayAct(armed, pixel),
    );
  }

  /** Uses it once; false when concurrent requests have used it up. */
  spend(armed: Armed): boolean {
    if (armed.left <= 0) return false;
    armed.left -= 1;
    armed.acted += 1;
    return true;
  }

  /** A number between the two. */
  between([least, most]: readonly [number, number]): number {
    return least + (most - least) * this.#random();
  }

  /** As `GET /_sandbox/behaviour` shows them; in JSON a `left` without limit is null. */
  view(): Omit<Armed, 'action'>[] {
    return this.#armed.map(({ action, ...shown }) => shown);
  }

  #mayAct(armed: Armed, pixel: string): boolean {
    if (armed.left <= 0 || (armed.pixel !== '*' && armed.pixel !== pixel)) return false;
    return armed.probability >= 1 || this.#random() < armed.probability;
  }
}
