import type { DataTransformerConfig } from '@grafana/data';
import {
  type DataFrame,
  type Field,
  FieldType,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import type { Answer } from '../answers.ts';

const { filterFieldsByNameTransformer, joinByFieldTransformer, organizeFieldsTransformer } =
  standardTransformers;

/** Those that our tables use. */
standardTransformersRegistry.setInit(() =>
  [filterFieldsByNameTransformer, joinByFieldTransformer, organizeFieldsTransformer].map(
    (transformation) =>
      ({
        id: transformation.id,
        name: transformation.name,
        transformation: async () => transformation,
      }) as never,
  ),
);

/** The frames that Grafana's Prometheus datasource makes of answers: one for each series. */
export function framesOf(answers: readonly Answer[]): DataFrame[] {
  return answers.flatMap(({ refId, legendFormat = '', series }) =>
    series.map(({ labels, points }) => {
      const name = legendOf(legendFormat, labels);
      const times = points.map(([at]) => at * 1000);
      const values = points.map(([, value]) => (Number.isFinite(value) ? value : null));
      const fields: Field[] = [
        { name: 'Time', type: FieldType.time, config: {}, values: times },
        {
          name: 'Value',
          type: FieldType.number,
          labels: { ...labels },
          config: { displayNameFromDS: name },
          values,
        },
      ];
      return { refId, name, fields, length: points.length };
    }),
  );
}

/** The one frame of a table, after the transformations of its panel. */
export async function tableFrame(
  answers: readonly Answer[],
  transformations: readonly DataTransformerConfig[],
): Promise<DataFrame | undefined> {
  const frames = answers.map((answer) => rowsOf(answer, answers.length > 1));
  const [frame] = await new Promise<DataFrame[]>((resolve) => {
    transformDataFrame([...transformations], frames).subscribe(resolve);
  });
  return frame;
}

/** A query in table form: a column for the time, for each label, and for the value. */
function rowsOf({ refId, series }: Answer, several: boolean): DataFrame {
  const labels = [...new Set(series.flatMap((each) => Object.keys(each.labels)))];
  const last = series.map(({ points }) => points.at(-1));
  const fields: Field[] = [
    {
      name: 'Time',
      type: FieldType.time,
      config: {},
      values: last.map((each) => (each?.[0] ?? 0) * 1000),
    },
    ...labels.map((label) => ({
      name: label,
      type: FieldType.string,
      config: {},
      values: series.map((each) => each.labels[label] ?? ''),
    })),
    {
      name: several ? `Value #${refId}` : 'Value',
      type: FieldType.number,
      config: {},
      values: last.map((each) => each?.[1] ?? null),
    },
  ];
  return { refId, fields, length: series.length };
}

function legendOf(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '');
}
