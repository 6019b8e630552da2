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

/** Columns of Grafana's grid. */
const COLUMNS = 24;

/** The dashboards by their lasting ids, in the order in which they are linked. */
export const TITLES = {
  'capi-overview': 'capi-relay / Overview',
  'capi-dead-letters': 'capi-relay / Dead letters',
  'capi-pixel': 'capi-relay / Pixel',
  'capi-workers': 'capi-relay / Processes',
} as const;

export type Uid = keyof typeof TITLES;

/** A panel and how much of the grid it takes. */
export interface PlacedPanel {
  readonly panel: Panel | ReturnType<typeof tablePanel>;
  readonly width: number;
  readonly height: number;
}

/** A row of a dashboard: the question that its panels answer. */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly PlacedPanel[];
}

/** What tells one dashboard from the others. */
export interface DashboardContent {
  readonly uid: Uid;
  readonly description: string;
  readonly rows: readonly PanelRow[];
  /** True where one pixel is looked at rather than any number of them. */
  readonly onePixel?: boolean;
}

/** A whole dashboard in Grafana's classic form. */
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
    .variables(choices(onePixel))
    .annotation(releases());
  for (const part of layOut(rows)) {
    if (part instanceof RowBuilder) builder.withRow(part);
    else builder.withPanel(part);
  }
  return builder.build();
}

/** Ways to the other dashboards, which keep the time and what was chosen. */
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

/** A mark where a release begins to run that did not run before. */
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

/** Panels of one height, side by side. */
export function beside(
  height: number,
  ...panels: readonly [number, PlacedPanel['panel']][]
): PlacedPanel[] {
  return panels.map(([width, panel]) => ({ panel, width, height }));
}

/** The rows and panels of a dashboard in order, each with its id and its place. */
function layOut(rows: readonly PanelRow[]): (RowBuilder | { build(): BuiltPanel })[] {
  const placed: (RowBuilder | PlacedPanel['panel'])[] = [];
  let y = 0;
  let id = 1;
  for (const { title, panels } of rows) {
    placed.push(new RowBuilder(title).id(id++).gridPos({ x: 0, y: y++, w: COLUMNS, h: 1 }));
    let x = 0;
    let tallest = 0;
    for (const { panel, width, height } of panels) {
      if (x + width > COLUMNS) {
        [x, y, tallest] = [0, y + tallest, 0];
      }
      placed.push(panel.id(id++).gridPos({ x, y, w: width, h: height }));
      x += width;
      tallest = Math.max(tallest, height);
    }
    y += tallest;
  }
  return placed;
}

/** What can be chosen at the top of every dashboard. */
function choices(onePixel: boolean): (DatasourceVariableBuilder | QueryVariableBuilder)[] {
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
