/** One query of a signal, and how its series are called; the legend may name labels: `{{pixel}}`. */
export interface SignalQuery {
  readonly expression: string;
  readonly legend: string;
}

/** From which value on which colour holds; `from` rises. */
export interface ColourStep {
  readonly from: number;
  readonly colour: string;
}

/** Colour below the first step, and from each step on. */
export interface Limits {
  readonly below: string;
  readonly steps: readonly ColourStep[];
}

/**
 * Something worth looking at, said once: dashboards show it as a number, as lines or as bars. Unit
 * names are Grafana's.
 */
export interface Signal {
  readonly title: string;
  /** What it is, and what to do when it is bad; at most 200 characters. */
  readonly description: string;
  readonly unit: string;
  readonly queries: readonly SignalQuery[];
  readonly decimals?: number;
  /** Without, the colour says nothing. */
  readonly limits?: Limits;
  /** Series name → colour, where the name means something. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Words for values that are states. */
  readonly words?: Readonly<Record<number, { readonly text: string; readonly colour: string }>>;
  /** True for what never happens while all is well. */
  readonly rare?: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** Whether a query is asked once for all the time shown, rather than for each moment of it. */
export function isOverAll({ expression }: SignalQuery): boolean {
  return /\$__range\](?! @ end\(\))/.test(expression);
}

/** Good until a value, then worth a look, then bad. */
export function worseFrom(warning: number, bad: number): Limits {
  const steps = [
    { from: warning, colour: 'orange' },
    { from: bad, colour: 'red' },
  ];
  return { below: 'green', steps };
}

/** Bad until a value, then worth a look, then good. */
export function betterFrom(warning: number, good: number): Limits {
  const steps = [
    { from: warning, colour: 'orange' },
    { from: good, colour: 'green' },
  ];
  return { below: 'red', steps };
}

/** Good at zero alone. */
export function goodAtZero(colour = 'red'): Limits {
  return { below: 'green', steps: [{ from: 0.000001, colour }] };
}
