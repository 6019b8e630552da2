import {
  TableCellHeight,
  TableSortByFieldStateBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { BY_THRESHOLDS, mappings, thresholds } from './appearance.ts';
import { type Column, queriesOf, type TableSignal } from './table-signal.ts';
import { PROMETHEUS, refId, tableTargets } from './targets.ts';

/** A table with a row for each value of a label. */
export function tablePanel(signal: TableSignal): Table {
  const { row, columns, sortBy } = signal;
  const panel = new Table()
    .title(signal.title)
    .description(signal.description)
    .datasource(PROMETHEUS)
    .targets(tableTargets(queriesOf(signal)))
    .unit('none')
    .thresholds(thresholds(undefined))
    .colorScheme(BY_THRESHOLDS)
    .cellHeight(TableCellHeight.Sm)
    .showHeader(true)
    .minWidth(70)
    .transformations(transformations(signal))
    .overrideByName(row.title, rowAppearance(signal));
  for (const column of columns) panel.overrideByName(column.title, columnAppearance(column));
  return panel.sortBy([new TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
}

/** Joins the queries on the label of the rows, and gives the columns their names and order. */
function transformations({ row, also = {}, columns }: TableSignal) {
  const labels = [row.label, ...Object.keys(also)];
  const kept = `/^(${labels.join('|')}|Value.*)$/`;
  const values = columns.map(({ title }, index) => [
    columns.length === 1 ? 'Value' : `Value #${refId(index)}`,
    title,
  ]);
  const names = Object.fromEntries([[row.label, row.title], ...Object.entries(also), ...values]);
  const order = Object.fromEntries(Object.keys(names).map((name, index) => [name, index]));
  return [
    { id: 'filterFieldsByName', options: { include: { pattern: kept } } },
    { id: 'joinByField', options: { byField: row.label, mode: 'outer' } },
    { id: 'organize', options: { excludeByName: {}, indexByName: order, renameByName: names } },
  ];
}

function rowAppearance({ row, leadsTo }: TableSignal): DynamicConfigValue[] {
  const width = row.width === undefined ? [] : [{ id: 'custom.width', value: row.width }];
  if (leadsTo === undefined) return width;
  const { uid, title, variable } = leadsTo;
  const others = ['datasource', 'job', 'pixel', 'instance'].filter((name) => name !== variable);
  const kept = others.map((name) => `\${${name}:queryparam}`).join('&');
  const url = `/d/${uid}?var-${variable}=\${__value.raw}&${kept}&\${__url_time_range}`;
  return [...width, { id: 'links', value: [{ title, url, targetBlank: false }] }];
}

function columnAppearance(column: Column): DynamicConfigValue[] {
  const { unit, decimals, limits, words, width } = column;
  const coloured = limits !== undefined || words !== undefined;
  const limited = thresholds(limits).build();
  return [
    { id: 'unit', value: unit },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(words === undefined ? [] : [{ id: 'mappings', value: mappings(words) }]),
    ...(limits === undefined ? [] : [{ id: 'thresholds', value: limited }]),
    { id: 'custom.align', value: 'right' },
    ...(coloured ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
  ];
}
