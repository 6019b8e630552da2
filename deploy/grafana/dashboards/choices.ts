import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { METRICS } from '#docs/metrics.ts';
import { PROMETHEUS } from './targets.ts';

const BUILD = METRICS.buildInfo.name;
const EVENTS = METRICS.ingestEvents.name;
const ALL = { text: 'All', value: '$__all', selected: true };

/** What can be chosen at the top of every dashboard. */
export function choices(onePixel: boolean): (DatasourceVariableBuilder | QueryVariableBuilder)[] {
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
