import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import * as common from '@grafana/grafana-foundation-sdk/common';
import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  DataqueryBuilder,
  PromQueryFormat,
  QueryEditorMode,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Column, isOverAll, type Limits, type Signal, type TableSignal } from './signal.ts';

/** The Prometheus chosen at the top of the dashboard. */
export const PROMETHEUS: common.DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** A panel without its position. */
export type Panel = Stat | TimeSeries | BarGauge;

const BY_THRESHOLDS = new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** A colour for each series, by its index. */
const MANY_COLOURS = new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic);
/** For bars that their names identify. */
const ONE_COLOUR = new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor('blue');

const LAST = () => new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);

/** Applies what every type of panel shows of its signal. */
function withSignal<P extends Panel>(panel: P, signal: Signal): P {
  panel.title(signal.title).description(signal.description).datasource(PROMETHEUS);
  panel.unit(signal.unit).thresholds(thresholds(signal.limits));
  if (signal.decimals !== undefined) panel.decimals(signal.decimals);
  if (signal.min !== undefined) panel.min(signal.min);
  if (signal.max !== undefined) panel.max(signal.max);
  if (signal.noValue !== undefined) panel.noValue(signal.noValue);
  if (signal.words !== undefined) panel.mappings(mappings(signal.words));
  for (const [name, colour] of Object.entries(signal.colours ?? {})) {
    panel.overrideByName(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }]);
  }
  return panel;
}

/** A number in the colour of its limits. */
export function stat(signal: Signal): Stat {
  return withSignal(new Stat(), signal)
    .targets(targets(signal, 'over time'))
    .reduceOptions(LAST())
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.None)
    .colorScheme(BY_THRESHOLDS);
}

/**
 * Grafana 13 divides an axis by decimal steps and then words each: 200 s becomes "3.33 mins". Plain
 * seconds stay round.
 */
function roundTicks(unit: string): string {
  return unit === 's' ? 'suffix:s' : unit;
}

/** How lines are drawn. */
interface ChartStyle {
  /** Parts of a whole are stacked. */
  readonly stacked?: boolean;
  /** Many names fit better beside the lines than below them. */
  readonly legend?: 'below' | 'beside';
}

/** Lines over time; the axis starts at 0 unless the signal says otherwise. */
export function lineChart(
  signal: Signal,
  { stacked = false, legend = 'below' }: ChartStyle = {},
): TimeSeries {
  const mode = stacked ? common.StackingMode.Normal : common.StackingMode.None;
  const panel = new TimeSeries();
  // These are 0 while all is well; an axis up to 100 would suggest otherwise.
  if (signal.rare) panel.axisSoftMax(0.01);
  return withSignal(panel, { min: 0, ...signal, unit: roundTicks(signal.unit) })
    .targets(targets(signal, 'over time'))
    .colorScheme(MANY_COLOURS)
    .drawStyle(common.GraphDrawStyle.Line)
    .lineWidth(stacked ? 1 : 2)
    .fillOpacity(stacked ? 60 : 0)
    .showPoints(common.VisibilityMode.Never)
    .spanNulls(false)
    .stacking(new common.StackingConfigBuilder().mode(mode).group('A'))
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(
          legend === 'below' ? common.LegendPlacement.Bottom : common.LegendPlacement.Right,
        )
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending),
    );
}

/** One bar for each series: its last value, or its value over the time range. */
export function bars(signal: Signal): BarGauge {
  return withSignal(new BarGauge(), { min: 0, ...signal })
    .targets(targets(signal, 'once'))
    .reduceOptions(LAST())
    .orientation(common.VizOrientation.Horizontal)
    .displayMode(common.BarGaugeDisplayMode.Basic)
    .valueMode(common.BarGaugeValueMode.Color)
    .namePlacement(common.BarGaugeNamePlacement.Left)
    .showUnfilled(true)
    .sizing(common.BarGaugeSizing.Manual)
    .minVizHeight(16)
    .maxVizHeight(26)
    .text(new common.VizTextDisplayOptionsBuilder().valueSize(13))
    .colorScheme(signal.limits === undefined ? ONE_COLOUR : BY_THRESHOLDS);
}

/** A table with a row for each value of a label. */
export function tablePanel(signal: TableSignal): Table {
  const { row, columns, sortBy } = signal;
  const panel = new Table()
    .title(signal.title)
    .description(signal.description)
    .datasource(PROMETHEUS)
    .targets(tableTargets(signal))
    .unit('none')
    .thresholds(thresholds(undefined))
    .colorScheme(BY_THRESHOLDS)
    .cellHeight(common.TableCellHeight.Sm)
    .showHeader(true)
    .minWidth(70)
    .transformations(transformations(signal))
    .overrideByName(row.title, rowAppearance(signal));
  if (signal.noValue !== undefined) panel.noValue(signal.noValue);
  for (const column of columns) panel.overrideByName(column.title, columnAppearance(column));
  return panel.sortBy([new common.TableSortByFieldStateBuilder().displayName(sortBy).desc(true)]);
}

/** Joins the queries on the rows' label; names and orders the columns. */
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
  const { unit, decimals, limits, words } = column;
  const coloured = limits !== undefined || words !== undefined;
  const limited = thresholds(limits).build();
  return [
    { id: 'unit', value: unit },
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(words === undefined ? [] : [{ id: 'mappings', value: mappings(words) }]),
    ...(limits === undefined ? [] : [{ id: 'thresholds', value: limited }]),
    { id: 'custom.align', value: 'right' },
    ...(coloured ? [{ id: 'custom.cellOptions', value: { type: 'color-text' } }] : []),
  ];
}

/** The limits of a signal in Grafana's form; a signal without limits has one colour. */
function thresholds(limits: Limits | undefined): ThresholdsConfigBuilder {
  const steps = (limits?.steps ?? []).map(({ from, colour }) => ({ value: from, color: colour }));
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: limits?.below ?? 'text' }, ...steps]);
}

/** Texts in place of numbers that are states. */
function mappings(words: NonNullable<Signal['words']>): ValueMapping[] {
  const options = Object.entries(words).map(([value, { text, colour }], index) => [
    value,
    { text, color: colour, index },
  ]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}

/** The targets of a panel, named A, B, C … in order; `once` evaluates each at the end of the range. */
function targets(
  { queries }: Pick<Signal, 'queries'>,
  mode: 'over time' | 'once',
): DataqueryBuilder[] {
  return Object.entries(queries).map(([legend, expression], index) => {
    const target = oneTarget(expression, legend, index);
    return mode === 'once' || isOverAll(expression) ? target.instant() : target.range();
  });
}

/** The targets of a table: each returns one number per row. */
function tableTargets({ columns }: TableSignal): DataqueryBuilder[] {
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
function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
