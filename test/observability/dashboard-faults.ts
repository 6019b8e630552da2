import { TITLES } from '#grafana/dashboards/dashboard.ts';
import { type DashboardModel, type PanelModel, panelsOf } from './dashboard-model.ts';
import { expressionFaults, type KnownMetrics } from './expression-faults.ts';
import { panelFaults } from './panel-faults.ts';

const MOST_PANELS = 26;
const CHOICES = ['datasource', 'job', 'pixel', 'instance'];
const ON_TIME_CHANGE = 2;

/** What is wrong with the JSON of a dashboard; nothing is right. */
export function dashboardFaults(dashboard: DashboardModel, known: KnownMetrics): string[] {
  const faults = [
    ...manners(dashboard),
    ...choiceFaults(dashboard),
    ...linkFaults(dashboard),
    ...annotationFaults(dashboard, known),
    ...gridFaults(dashboard.panels),
    ...repeated(dashboard.panels.map(({ id }) => `id ${id}`)),
    ...repeated(panelsOf(dashboard).map(({ title }) => `title "${title}"`)),
    ...panelsOf(dashboard).flatMap((panel) =>
      panelFaults(panel, known).map((fault) => `${panel.title}: ${fault}`),
    ),
  ];
  return faults.map((fault) => `${dashboard.uid}: ${fault}`);
}

function manners(dashboard: DashboardModel): string[] {
  const { uid, title, editable, refresh, graphTooltip } = dashboard;
  const panels = panelsOf(dashboard).length;
  return [
    ...(Object.entries(TITLES).some(([id, name]) => id === uid && name === title)
      ? []
      : ['its uid or title is none of the lasting ones']),
    ...(editable ? ['it can be edited'] : []),
    ...(refresh === '30s' ? [] : [`refreshes every ${refresh}`]),
    ...(graphTooltip === 1 ? [] : ['its panels share no crosshair']),
    ...(panels <= MOST_PANELS ? [] : [`has ${panels} panels`]),
    ...(dashboard.panels[0]?.title === 'Must I act?' ? [] : ['does not begin with what to act on']),
  ];
}

function choiceFaults({ templating }: DashboardModel): string[] {
  const names = templating.list.map(({ name }) => name);
  const missing = CHOICES.filter((name) => !names.includes(name));
  const stale = templating.list.filter(
    ({ type, refresh }) => type === 'query' && refresh !== ON_TIME_CHANGE,
  );
  return [
    ...missing.map((name) => `has no variable "${name}"`),
    ...stale.map(({ name }) => `its variable "${name}" stays as the time changes`),
  ];
}

function linkFaults({ uid, links }: DashboardModel): string[] {
  const others = Object.keys(TITLES).filter((other) => other !== uid);
  const missing = others.filter((other) => !links.some(({ url }) => url === `/d/${other}`));
  const losing = links.filter(({ keepTime, includeVars }) => !keepTime || !includeVars);
  return [
    ...missing.map((other) => `has no link to ${other}`),
    ...losing.map(({ title }) => `its link "${title}" loses the time or the variables`),
  ];
}

function annotationFaults({ annotations }: DashboardModel, known: KnownMetrics): string[] {
  const releases = annotations.list.find(({ expr }) => expr?.includes('capi_build_info'));
  if (releases?.expr === undefined) return ['has no marks of releases'];
  return expressionFaults(releases.expr, known).map((fault) => `its releases: ${fault}`);
}

function gridFaults(panels: readonly PanelModel[]): string[] {
  const outside = panels.filter(({ gridPos: { x, w } }) => x < 0 || w <= 0 || x + w > 24);
  const pairs = panels.flatMap((one, index) =>
    panels
      .slice(index + 1)
      .filter((other) => overlap(one.gridPos, other.gridPos))
      .map((other) => `"${one.title}" and "${other.title}" overlap`),
  );
  return [...outside.map(({ title }) => `"${title}" is outside the grid`), ...pairs];
}

function overlap(a: PanelModel['gridPos'], b: PanelModel['gridPos']): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function repeated(names: readonly string[]): string[] {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return twice.map((name) => `has the ${name} twice`);
}
