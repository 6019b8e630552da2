import {
  AnnotationQueryBuilder,
  type Panel as BuiltPanel,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { METRICS } from '#docs/metrics.ts';
import { series } from './expressions.ts';
import type { Panel, tablePanel } from './panels.ts';
import { PROMETHEUS } from './targets.ts';

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
}: DashboardContent): Dashboard {
  const builder = new DashboardBuilder(TITLES[uid])
    .uid(uid)
    .description(description)
    .tags(['capi-relay'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .links(links(uid))
    .variables(variables(onePixel))
    .annotation(releases());
  for (const part of layOut(rows)) {
    if (part instanceof RowBuilder) builder.withRow(part);
    else builder.withPanel(part);
  }
  return builder.build();
}

/** Links to the other dashboards, which keep the time range and the variables. */
function links(from: Uid): DashboardLinkBuilder[] {
  return (Object.keys(TITLES) as Uid[])
    .filter((uid) => uid !== from)
    .map((uid) =>
      new DashboardLinkBuilder(TITLES[uid].replace(/^.* \/ /, ''))
        .type(DashboardLinkType.Link)
        .url(`/d/${uid}`)
        .keepTime(true)
        .includeVars(true)
        .targetBlank(false),
    );
}

/** Marks the start of a release that did not run before. */
function releases(): AnnotationQueryBuilder {
  const running = `count by (version) (${series('buildInfo')})`;
  const before = `count by (version) (${series('buildInfo')} offset $__rate_interval)`;
  return new AnnotationQueryBuilder()
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
function layOut(rows: readonly PanelRow[]): (RowBuilder | { build(): BuiltPanel })[] {
  const placed: (RowBuilder | RowPanel)[] = [];
  let y = 0;
  for (const { title, height, panels } of rows) {
    const header = new RowBuilder(title).id(placed.length + 1);
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
function variables(onePixel: boolean): (DatasourceVariableBuilder | QueryVariableBuilder)[] {
  const pixel = listOf('pixel', 'Pixel', `label_values(${EVENTS}{job=~"$job"}, pixel)`);
  return [
    new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'),
    several(listOf('job', 'Job', `label_values(${BUILD}, job)`)),
    onePixel ? pixel.regex('/^(?!none$)/') : several(pixel),
    several(listOf('instance', 'Process', `label_values(${BUILD}{job=~"$job"}, instance)`)),
  ];
}

function listOf(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(PROMETHEUS)
    .query({ query, refId: name })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function several(variable: QueryVariableBuilder): QueryVariableBuilder {
  return variable.multi(true).includeAll(true).allValue('.+').current(ALL);
}
