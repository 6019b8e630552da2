/** The colour of values from `from` on; `from` rises. */
interface ColourStep {
  readonly from: number;
  readonly colour: string;
}

/** Colour below the first step, and from each step on. */
export interface Limits {
  readonly below: string;
  readonly steps: readonly ColourStep[];
}

/**
 * Something worth showing, defined once: dashboards show it as a number, lines or bars. Unit names
 * are Grafana's.
 */
export interface Signal {
  readonly title: string;
  /** What it is, and what to do when it is bad; at most 200 characters. */
  readonly description: string;
  readonly unit: string;
  /** Legend → query. A legend may contain labels: `{{pixel}}`. */
  readonly queries: Readonly<Record<string, string>>;
  readonly decimals?: number;
  /** Without limits, the colour has no meaning. */
  readonly limits?: Limits;
  /** The alert that goes with its orange or red; where "Must I act?" shows it, nothing else is coloured. */
  readonly alert?: string;
  /** Series name → colour, for names with a meaning. */
  readonly colours?: Readonly<Record<string, string>>;
  /** Texts for values that are states. */
  readonly words?: Readonly<Record<number, { readonly text: string; readonly colour: string }>>;
  /** True: it happens only when something is wrong. */
  readonly rare?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** What a panel shows where there are no series. */
  readonly noValue?: string;
}

/** Of series that only detailed pixels have of their own: a panel of another pixel says what to set. */
export function ofDetailedPixel(signal: Signal): Signal {
  return { ...signal, noValue: 'Not by pixel: set metrics.detailedPixels' };
}

export function signal(
  title: string,
  description: string,
  unit: string,
  queries: Signal['queries'],
  options: Omit<Signal, 'title' | 'description' | 'unit' | 'queries'> = {},
): Signal {
  return { title, description, unit, queries, ...options };
}

/** Whether a query covers the whole time range at once, rather than each point in it. */
export function isOverAll(expression: string): boolean {
  return /\$__range\](?! @ end\(\))/.test(expression);
}

/** A column of a table: one number for each row. A signal becomes one with a query by the row's label. */
export interface Column extends Pick<Signal, 'title' | 'unit' | 'decimals' | 'limits' | 'words'> {
  readonly expression: string;
}

export function column(
  title: string,
  unit: string,
  expression: string,
  options: Pick<Column, 'decimals' | 'limits' | 'words'> = {},
): Column {
  return { title, unit, expression, ...options };
}

/** A table: a row for each value of a label, a column for each query. */
export interface TableSignal {
  readonly title: string;
  readonly description: string;
  /** The label that identifies a row, and the title of its column. */
  readonly row: { readonly label: string; readonly title: string; readonly width?: number };
  /** More labels of the first column to show, with their titles. */
  readonly also?: Readonly<Record<string, string>>;
  readonly columns: readonly Column[];
  /** The target of a click on a row: a dashboard, and the variable that the row sets there. */
  readonly leadsTo?: { readonly uid: string; readonly title: string; readonly variable: string };
  /** The column that rows are sorted by, greatest first. */
  readonly sortBy: string;
  /** What it shows in place of rows. */
  readonly noValue?: string;
}

/** Good below the first value, worth a check from there, bad from the second. */
export function worseFrom(warning: number, bad: number): Limits {
  return limits('green', warning, { from: bad, colour: 'red' });
}

/** Bad below the first value, worth a check from there, good from the second. */
export function betterFrom(warning: number, good: number): Limits {
  return limits('red', warning, { from: good, colour: 'green' });
}

function limits(below: string, warning: number, beyond: ColourStep): Limits {
  return { below, steps: [{ from: warning, colour: 'orange' }, beyond] };
}

/** Good only at zero. */
export function goodAtZero(colour = 'red'): Limits {
  return { below: 'green', steps: [{ from: 0.000001, colour }] };
}
