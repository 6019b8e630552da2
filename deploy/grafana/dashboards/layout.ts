import type { Panel as BuiltPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import type { Panel } from './panels.ts';

/** Columns of Grafana's grid. */
const COLUMNS = 24;

/** A panel and how much of the grid it takes. */
export interface PlacedPanel {
  readonly panel: Panel | Table;
  readonly width: number;
  readonly height: number;
}

/** A row of a dashboard: the question that its panels answer. */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly PlacedPanel[];
}

/** Panels of one height, side by side. */
export function beside(
  height: number,
  ...panels: readonly [number, PlacedPanel['panel']][]
): PlacedPanel[] {
  return panels.map(([width, panel]) => ({ panel, width, height }));
}

/** The rows and panels of a dashboard in order, each with its id and its place. */
export function layOut(rows: readonly PanelRow[]): (RowBuilder | { build(): BuiltPanel })[] {
  const placed: (RowBuilder | PlacedPanel['panel'])[] = [];
  let y = 0;
  let id = 1;
  for (const { title, panels } of rows) {
    placed.push(new RowBuilder(title).id(id++).gridPos({ x: 0, y: y++, w: COLUMNS, h: 1 }));
    let x = 0;
    let tallest = 0;
    for (const { panel, width, height } of panels) {
      if (x + width > COLUMNS) {
        [x, y, tallest] = [0, y + tallest, 0];
      }
      placed.push(panel.id(id++).gridPos({ x, y, w: width, h: height }));
      x += width;
      tallest = Math.max(tallest, height);
    }
    y += tallest;
  }
  return placed;
}
