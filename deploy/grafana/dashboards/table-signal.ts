import type { Signal, SignalQuery } from './signal.ts';

/** A column of a table: one number for each row. */
export interface Column extends Pick<Signal, 'unit' | 'decimals' | 'limits' | 'words'> {
  readonly title: string;
  readonly expression: string;
  readonly width?: number;
}

/** A table: a row for each value of a label, a column for each query. */
export interface TableSignal {
  readonly title: string;
  readonly description: string;
  /** The label that tells rows apart, and what the column of its values is called. */
  readonly row: { readonly label: string; readonly title: string; readonly width?: number };
  /** Further labels of the first column that are shown, with their titles. */
  readonly also?: Readonly<Record<string, string>>;
  readonly columns: readonly Column[];
  /** Where a click on a row leads: a dashboard and the variable that the row sets there. */
  readonly leadsTo?: { readonly uid: string; readonly title: string; readonly variable: string };
  /** The column that rows are sorted by, greatest first. */
  readonly sortBy: string;
}

/** The queries of a table, one for each column. */
export function queriesOf({ columns }: TableSignal): SignalQuery[] {
  return columns.map(({ expression }) => ({ expression, legend: '' }));
}
