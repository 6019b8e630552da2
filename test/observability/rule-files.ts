import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const RULES_FOLDER = join(import.meta.dirname, '../../deploy/prometheus/rules');

/** The files that Prometheus loads. */
export const RULE_FILES = ['recording.yaml', 'alerts.yaml'].map((name) => join(RULES_FOLDER, name));

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Group {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertRule)[];
}

/** What is recorded comes before what asks for it. */
export const GROUPS = RULE_FILES.flatMap(
  (file) => (parse(readFileSync(file, 'utf8')) as { groups: Group[] }).groups,
);
const rules = GROUPS.flatMap((group) => group.rules);

export const RECORDING_RULES = rules.filter((rule): rule is RecordingRule => 'record' in rule);
export const ALERT_RULES = rules.filter((rule): rule is AlertRule => 'alert' in rule);

/** The labels of a recorded series: the level that its name begins with, such as `pixel_key`. */
export function labelsOfRecord({ record }: RecordingRule): string[] {
  return (record.split(':')[0] ?? '').split('_');
}
