import {
  type DataFrame,
  type Field,
  type FieldConfig,
  type FieldConfigSource,
  type GrafanaTheme2,
  getDisplayProcessor,
} from '@grafana/data';

/** The frames with the settings of their panel, and with what shows their values as text. */
export function dressed(
  frames: readonly DataFrame[],
  source: FieldConfigSource,
  theme: GrafanaTheme2,
): DataFrame[] {
  let seriesIndex = -1;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => {
      if (field.type === 'number') seriesIndex += 1;
      return dressedField(field, source, theme, Math.max(seriesIndex, 0));
    }),
  }));
}

function dressedField(
  field: Field,
  { defaults, overrides }: FieldConfigSource,
  theme: GrafanaTheme2,
  seriesIndex: number,
): Field {
  const displayName = field.config.displayNameFromDS ?? field.config.displayName ?? field.name;
  const config: FieldConfig = structuredClone({
    ...(field.type === 'time' ? {} : defaults),
    ...field.config,
  });
  for (const { matcher, properties } of overrides) {
    if (matcher.id !== 'byName' || matcher.options !== displayName) continue;
    for (const { id, value } of properties) set(config, id.split('.'), value);
  }
  if (config.thresholds) {
    const steps = config.thresholds.steps.map((step) => ({
      ...step,
      value: step.value ?? -Infinity,
    }));
    config.thresholds = { ...config.thresholds, steps };
  }
  const whole: Field = { ...field, config, state: { displayName, seriesIndex } };
  return { ...whole, display: getDisplayProcessor({ field: whole, theme }) };
}

function set(target: object, [first = '', ...rest]: readonly string[], value: unknown): void {
  const record = target as Record<string, unknown>;
  if (rest.length === 0) {
    record[first] = value;
    return;
  }
  record[first] = { ...(record[first] as object | undefined) };
  set(record[first] as object, rest, value);
}
