import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import {
  BY_THRESHOLDS,
  fixedColour,
  MANY_COLOURS,
  mappings,
  ONE_COLOUR,
  thresholds,
} from './appearance.ts';
import type { Signal } from './signal.ts';
import { PROMETHEUS, targets } from './targets.ts';

/** A panel that only lacks its place. */
export type Panel = Stat | TimeSeries | BarGauge;

const LAST = () => new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);

/** What every panel shows of its signal, whatever its form. */
function dressed<P extends Panel>(panel: P, signal: Signal): P {
  panel.title(signal.title).description(signal.description).datasource(PROMETHEUS);
  panel.unit(signal.unit).thresholds(thresholds(signal.limits));
  if (signal.decimals !== undefined) panel.decimals(signal.decimals);
  if (signal.min !== undefined) panel.min(signal.min);
  if (signal.max !== undefined) panel.max(signal.max);
  if (signal.words !== undefined) panel.mappings(mappings(signal.words));
  for (const [name, colour] of Object.entries(signal.colours ?? {})) {
    panel.overrideByName(name, fixedColour(colour));
  }
  return panel;
}

/** A number, coloured by its limits. */
export function stat(signal: Signal): Stat {
  return dressed(new Stat(), signal)
    .targets(targets(signal.queries, 'over time'))
    .reduceOptions(LAST())
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .colorScheme(BY_THRESHOLDS);
}

/** How lines are drawn. */
export interface ChartStyle {
  /** Parts of a whole are stacked. */
  readonly stacked?: boolean;
  /** A list of names is put beside the lines when they are too many to stand below. */
  readonly legend?: 'below' | 'beside';
}

/** Lines over time. */
export function lineChart(
  signal: Signal,
  { stacked = false, legend = 'below' }: ChartStyle = {},
): TimeSeries {
  const mode = stacked ? StackingMode.Normal : StackingMode.None;
  const panel = new TimeSeries();
  // Where all is well these are 0 at all times, and an axis up to 100 would say otherwise.
  if (signal.rare) panel.axisSoftMax(0.01);
  return dressed(panel, signal)
    .targets(targets(signal.queries, 'over time'))
    .colorScheme(MANY_COLOURS)
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(stacked ? 1 : 2)
    .fillOpacity(stacked ? 60 : 0)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .stacking(new StackingConfigBuilder().mode(mode).group('A'))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(legend === 'below' ? LegendPlacement.Bottom : LegendPlacement.Right)
        .calcs([]),
    )
    .tooltip(
      new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending),
    );
}

/** Bars side by side, one for each series, as they are now or over all the time shown. */
export function bars(signal: Signal): BarGauge {
  return dressed(new BarGauge(), signal)
    .targets(targets(signal.queries, 'once'))
    .reduceOptions(LAST())
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Color)
    .namePlacement(BarGaugeNamePlacement.Left)
    .showUnfilled(true)
    .sizing(BarGaugeSizing.Manual)
    .minVizHeight(16)
    .maxVizHeight(26)
    .text(new VizTextDisplayOptionsBuilder().valueSize(13))
    .colorScheme(signal.limits === undefined ? ONE_COLOUR : BY_THRESHOLDS);
}
