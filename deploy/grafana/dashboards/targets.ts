import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { isOverAll, type SignalQuery } from './signal.ts';

/** The Prometheus that is chosen at the top of the dashboard. */
export const PROMETHEUS: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** When a query is asked: at each moment of the time shown, or once, at its end. */
export type QueryMode = 'over time' | 'once';

/** The targets of a panel, named A, B, C … in order. */
export function targets(queries: readonly SignalQuery[], asked: QueryMode): DataqueryBuilder[] {
  return queries.map((query, index) => {
    const target = oneTarget(query, index);
    return asked === 'once' || isOverAll(query) ? target.instant() : target.range();
  });
}

/** The targets of a table: each gives one number for each row. */
export function tableTargets(queries: readonly SignalQuery[]): DataqueryBuilder[] {
  return queries.map((query, index) =>
    oneTarget(query, index).instant().format(PromQueryFormat.Table),
  );
}

function oneTarget({ expression, legend }: SignalQuery, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(refId(index))
    .datasource(PROMETHEUS)
    .editorMode(QueryEditorMode.Code)
    .expr(expression)
    .legendFormat(legend);
}

/** The name of a query of a panel by its place. */
export function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
