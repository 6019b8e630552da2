import type { DashboardModel, PanelModel, Target } from './dashboard-model.ts';

/** A mistake that is possible in a dashboard, how it is made, and what must be said of it. */
export type Mutation = readonly [
  mistake: string,
  make: (dashboard: DashboardModel) => unknown,
  noticed: string,
];

/** Replaces a part of the first query of a panel, which must be there. */
export function inQuery(title: string, part: string, other: string): Mutation[1] {
  return (dashboard) => {
    const spoilt = firstTarget(dashboard, title);
    if (!spoilt.expr.includes(part)) throw new Error(`"${title}" does not ask for ${part}`);
    spoilt.expr = spoilt.expr.replace(part, () => other);
  };
}

/** Gives the first query of a panel other settings. */
export function inTarget(title: string, other: Partial<Target>): Mutation[1] {
  return (dashboard) => Object.assign(firstTarget(dashboard, title), other);
}

/** Gives a panel other settings. */
export function inPanel(title: string, other: Partial<PanelModel>): Mutation[1] {
  return (dashboard) => Object.assign(panelNamed(dashboard, title), other);
}

/** Gives a dashboard other settings. */
export function inDashboard(other: Partial<DashboardModel>): Mutation[1] {
  return (dashboard) => Object.assign(dashboard, other);
}

export function panelNamed({ panels }: DashboardModel, title: string): PanelModel {
  const found = panels.find((each) => each.title === title);
  if (found === undefined) throw new Error(`there is no panel "${title}" to spoil`);
  return found;
}

function firstTarget(dashboard: DashboardModel, title: string): Target {
  const [first] = panelNamed(dashboard, title).targets ?? [];
  if (first === undefined) throw new Error(`"${title}" asks nothing that could be spoilt`);
  return first;
}
