import type { Dashboard, DataTransformerConfig } from '@grafana/grafana-foundation-sdk/dashboard';

/** A query of a panel as Grafana's JSON has it. */
export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  instant?: boolean;
  range?: boolean;
  format?: string;
}

/** A panel or a row as Grafana's JSON has it. */
export interface PanelModel {
  id: number;
  type: string;
  title: string;
  description?: string;
  datasource?: { type: string; uid: string };
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: {
    defaults?: {
      unit?: string;
      thresholds?: { steps: { color: string; value: number | null }[] };
    };
  };
  targets?: Target[];
  transformations?: DataTransformerConfig[];
}

/** What the tests look at in the JSON of a dashboard. */
export interface DashboardModel {
  uid: string;
  title: string;
  description?: string;
  editable: boolean;
  refresh: string;
  graphTooltip: number;
  panels: PanelModel[];
  links: { title: string; url: string; keepTime: boolean; includeVars: boolean }[];
  templating: { list: { name: string; type: string; refresh?: number }[] };
  annotations: { list: { name: string; expr?: string }[] };
}

/** A dashboard as it stands in its file: a copy that can be spoilt. */
export function asWritten(dashboard: Dashboard): DashboardModel {
  return JSON.parse(JSON.stringify(dashboard)) as DashboardModel;
}

/** The panels that ask something; a row only holds a title. */
export function panelsOf({ panels }: DashboardModel): PanelModel[] {
  return panels.filter(({ type }) => type !== 'row');
}
