import * as sdk from '@grafana/grafana-foundation-sdk/dashboard';
import { METRICS } from '#docs/metrics.ts';
import { series } from './expressions.ts';
import { type Panel, PROMETHEUS, stat, type tablePanel } from './panels.ts';
import type { Signal } from './signal.ts';

const BUILD = METRICS.buildInfo.name;
const EVENTS = METRICS.ingestEvents.name;
const ALL = { text: 'All', value: '$__all', selected: true };

/** The columns of Grafana's grid. */
const COLUMNS = 24;

/** The dashboards by their permanent IDs, in the order of their links. */
export const TITLES = {
  'capi-overview': 'capi-relay / Overview',
  'capi-dead-letters': 'capi-relay / Dead letters',
  'capi-pixel': 'capi-relay / Pixel',
  'capi-quality': 'capi-relay / Quality',
  'capi-workers': 'capi-relay / Processes',
} as const;

type Uid = keyof typeof TITLES;

/** A panel that only lacks its place. */
type RowPanel = Panel | ReturnType<typeof tablePanel>;

/** A row of a dashboard: the question that its panels answer. They wrap at the grid's width. */
interface PanelRow {
  readonly title: string;
  /** The height of each panel. */
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: RowPanel])[];
}

export function row(title: string, height: number, ...panels: PanelRow['panels']): PanelRow {
  return { title, height, panels };
}

/**
 * The first row of every dashboard: numbers that fill the grid. A colour asks a person to act, and so do
 * alerts: a number that no alert goes with has none.
 */
export function mustIAct(...signals: readonly Signal[]): PanelRow {
  const width = COLUMNS / signals.length;
  const panels = signals.map(({ limits, ...signal }) => {
    const alerted = signal.alert !== undefined && limits !== undefined;
    return [width, stat(alerted ? { ...signal, limits } : signal)] as const;
  });
  return row('Must I act?', 4, ...panels);
}

/** What differs between dashboards. */
interface DashboardContent {
  readonly uid: Uid;
  readonly description: string;
  readonly rows: readonly PanelRow[];
  /** True: the dashboard shows one pixel rather than any number of them. */
  readonly onePixel?: boolean;
}

/** A dashboard in Grafana's classic format. */
export function dashboard({
  uid,
  description,
  rows,
  onePixel = false,
}: DashboardContent): sdk.Dashboard {
  const builder = new sdk.DashboardBuilder(TITLES[uid])
    .uid(uid)
    .description(description)
    .tags(['capi-relay'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .tooltip(sdk.DashboardCursorSync.Crosshair)
    .links(links(uid))
    .variables(variables(onePixel))
    .annotation(releases());
  for (const part of layOut(rows)) {
    if (part instanceof sdk.RowBuilder) builder.withRow(part);
    else builder.withPanel(part);
  }
  return builder.build();
}

/** Links to the other dashboards, which keep the time range and the variables. */
function links(from: Uid): sdk.DashboardLinkBuilder[] {
  return (Object.keys(TITLES) as Uid[])
    .filter((uid) => uid !== from)
    .map((uid) =>
      new sdk.DashboardLinkBuilder(TITLES[uid].replace(/^.* \/ /, ''))
        .type(sdk.DashboardLinkType.Link)
        .url(`/d/${uid}`)
        .keepTime(true)
        .includeVars(true)
        .targetBlank(false),
    );
}

/** Marks the start of a release that did not run before. */
function releases(): sdk.AnnotationQueryBuilder {
  const running = `count by (version) (${series('buildInfo')})`;
  const before = `count by (version) (${series('buildInfo')} offset $__rate_interval)`;
  return new sdk.AnnotationQueryBuilder()
    .name('Releases')
    .datasource(PROMETHEUS)
    .enable(true)
    .iconColor('blue')
    .expr(`${running} unless ${before}`)
    .titleFormat('Release {{version}}')
    .textFormat('{{version}} begins to run')
    .step('60s');
}

/** The rows and panels of a dashboard in order, each with its ID and position. */
function layOut(rows: readonly PanelRow[]): (sdk.RowBuilder | { build(): sdk.Panel })[] {
  const placed: (sdk.RowBuilder | RowPanel)[] = [];
  let y = 0;
  for (const { title, height, panels } of rows) {
    const header = new sdk.RowBuilder(title).id(placed.length + 1);
    placed.push(header.gridPos({ x: 0, y: y++, w: COLUMNS, h: 1 }));
    let x = 0;
    for (const [width, panel] of panels) {
      if (x + width > COLUMNS) [x, y] = [0, y + height];
      placed.push(panel.id(placed.length + 1).gridPos({ x, y, w: width, h: height }));
      x += width;
    }
    y += height;
  }
  return placed;
}

/** The variables at the top of every dashboard. */
function variables(
  onePixel: boolean,
): (sdk.DatasourceVariableBuilder | sdk.QueryVariableBuilder)[] {
  const pixel = listOf('pixel', 'Pixel', `label_values(${EVENTS}{job=~"$job"}, pixel)`);
  return [
    new sdk.DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    several(listOf('job', 'Job', `label_values(${BUILD}, job)`)),
    onePixel ? pixel.regex('/^(?!none$)/') : several(pixel),
    several(listOf('instance', 'Process', `label_values(${BUILD}{job=~"$job"}, instance)`)),
  ];
}

function listOf(name: string, label: string, query: string): sdk.QueryVariableBuilder {
  return new sdk.QueryVariableBuilder(name)
    .label(label)
    .datasource(PROMETHEUS)
    .query({ query, refId: name })
    .definition(query)
    .refresh(sdk.VariableRefresh.OnTimeRangeChanged)
    .sort(sdk.VariableSort.AlphabeticalAsc);
}

function several(variable: sdk.QueryVariableBuilder): sdk.QueryVariableBuilder {
  return variable.multi(true).includeAll(true).allValue('.+').current(ALL);
}
