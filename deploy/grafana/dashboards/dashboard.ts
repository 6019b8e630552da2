import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { choices } from './choices.ts';
import { series } from './expressions.ts';
import { layOut, type PanelRow } from './layout.ts';
import { PROMETHEUS } from './targets.ts';

/** The dashboards by their lasting ids, in the order in which they are linked. */
export const TITLES = {
  'capi-overview': 'capi-relay / Overview',
  'capi-dead-letters': 'capi-relay / Dead letters',
  'capi-pixel': 'capi-relay / Pixel',
  'capi-workers': 'capi-relay / Processes',
} as const;

export type Uid = keyof typeof TITLES;

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
