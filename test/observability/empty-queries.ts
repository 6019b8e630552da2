import { type Chosen, queryPrometheus, type Series } from '#grafana/query-prometheus.ts';
import { type DashboardModel, panelsOf, type Target } from './dashboard-model.ts';

/** The queries of a dashboard that a Prometheus has no number for, or cannot answer. */
export async function emptyQueries(
  dashboard: DashboardModel,
  url: string,
  chosen: Chosen,
): Promise<string[]> {
  const queries = [
    ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map((target) => ({ ...target, of: `${title} ${target.refId}` })),
    ),
    ...dashboard.annotations.list.flatMap(({ name, expr }) =>
      expr === undefined ? [] : [{ expr, of: name }],
    ),
  ];
  const faults = await Promise.all(
    queries.map(async ({ of, ...query }) => {
      const fault = await faultOf(query, url, chosen);
      return fault === null ? [] : [`${of}: ${fault}`];
    }),
  );
  return faults.flat();
}

async function faultOf(
  query: Pick<Target, 'expr' | 'instant'>,
  url: string,
  chosen: Chosen,
): Promise<string | null> {
  try {
    const series = await queryPrometheus(url, query, chosen);
    if (series.length === 0) return 'has no series';
    return series.some(isSomething) ? null : 'is not a number anywhere';
  } catch (error) {
    return (error as Error).message;
  }
}

function isSomething({ points }: Series): boolean {
  return points.some(([, value]) => Number.isFinite(value));
}
