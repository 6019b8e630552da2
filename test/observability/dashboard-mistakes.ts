import { type DashboardModel, panelsOf } from './dashboard-model.ts';
import { inDashboard, inPanel, type Mutation, panelNamed } from './spoiling.ts';

const CODES = 'Requests by answer';
const FIXED = { type: 'prometheus', uid: 'P1' };

function overfull(dashboard: DashboardModel): void {
  for (let n = panelsOf(dashboard).length; n < 27; n += 1) {
    const gridPos = { x: 0, y: 900 + n, w: 1, h: 1 };
    const more = { ...panelNamed(dashboard, CODES), id: 900 + n, title: `${n}`, gridPos };
    dashboard.panels.push(more);
  }
}

function shifted(dashboard: DashboardModel): void {
  panelNamed(dashboard, CODES).gridPos.x += 1;
}

function oneRefId(dashboard: DashboardModel): void {
  for (const each of panelNamed(dashboard, 'Age at delivery').targets ?? []) each.refId = 'A';
}

function oneId(dashboard: DashboardModel): void {
  panelNamed(dashboard, CODES).id = panelNamed(dashboard, 'Pixels').id;
}

function stale({ templating }: DashboardModel): void {
  for (const variable of templating.list) variable.refresh = 0;
}

function forgetful({ links }: DashboardModel): void {
  for (const link of links) link.keepTime = false;
}

/** Mistakes in what the overview and its panels say of themselves. */
export const DASHBOARD_MISTAKES: readonly Mutation[] = [
  ['a missing unit', inPanel(CODES, { fieldConfig: { defaults: {} } }), 'has no unit'],
  ['a missing description', inPanel(CODES, { description: '' }), 'has no description'],
  ['an endless description', inPanel(CODES, { description: 'x'.repeat(201) }), 'too long'],
  ['a missing title', inPanel(CODES, { title: '' }), 'has no title'],
  ['a fixed datasource', inPanel(CODES, { datasource: FIXED }), 'the chosen datasource'],
  ['a type without preview', inPanel(CODES, { type: 'heatmap' }), 'cannot be previewed'],
  ['a panel without queries', inPanel(CODES, { targets: [] }), 'asks nothing'],
  ['a refId twice', oneRefId, 'has a refId twice'],
  ['overlapping panels', shifted, 'overlap'],
  [
    'a panel outside the grid',
    inPanel('Pixels', { gridPos: { x: 9, y: 99, w: 20, h: 1 } }),
    'grid',
  ],
  ['an id twice', oneId, 'twice'],
  ['a title twice', inPanel(CODES, { title: 'Pixels' }), 'title "Pixels" twice'],
  ['another uid', inDashboard({ uid: 'capi-home' }), 'none of the lasting ones'],
  ['a dashboard that can be edited', inDashboard({ editable: true }), 'can be edited'],
  ['another refresh', inDashboard({ refresh: '5s' }), 'refreshes every 5s'],
  ['no shared crosshair', inDashboard({ graphTooltip: 0 }), 'share no crosshair'],
  ['too many panels', overfull, 'has 27 panels'],
  ['a missing variable', ({ templating }) => templating.list.pop(), 'no variable "instance"'],
  ['a variable that stays', stale, 'stays as the time changes'],
  ['a missing link', ({ links }) => links.pop(), 'has no link to capi-workers'],
  ['a link that loses the time', forgetful, 'loses the time'],
  ['no marks of releases', inDashboard({ annotations: { list: [] } }), 'no marks of releases'],
  ['another first row', ({ panels }) => panels.reverse(), 'does not begin with what to act on'],
];
