import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { isOverAll, type Signal, type TableSignal } from './signal.ts';

/** The Prometheus chosen at the top of the dashboard. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** The targets of a panel, named A, B, C … in order; `once` evaluates each at the end of the range. */
export function targets(
  { queries }: Pick<Signal, 'queries'>,
  mode: 'over time' | 'once',
): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expression], index) => {
    const target = oneTarget(expression, legend, index);
    return mode === 'once' || isOverAll(expression) ? target.instant() : target.range();
  });
}

/** The targets of a table: each returns one number per row. */
export function tableTargets({ columns }: TableSignal): DataqueryBuilder[] {
  return columns.map(({ expression }, index) =>
    oneTarget(expression, '', index).instant().format(PromQueryFormat.Table),
  );
}

function oneTarget(expression: string, legend: string, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(PROMETHEUS)
    .editorMode(QueryEditorMode.Code)
    .expr(expression)
    .legendFormat(legend);
}

/** The name of a panel's query, by its index. */
export function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
