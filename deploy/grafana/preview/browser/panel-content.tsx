import {
  type DataFrame,
  dateTime,
  FieldType,
  type GrafanaTheme2,
  type PanelModel,
  type TimeRange,
} from '@grafana/data';
import { BarGauge, BigValue, TimeSeries } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { ReactNode } from 'react';

interface Content {
  readonly panel: PanelModel;
  readonly frames: readonly DataFrame[];
  readonly theme: GrafanaTheme2;
  readonly range: TimeRange;
  readonly width: number;
  readonly height: number;
}

/** What a panel shows inside its frame, drawn by Grafana's own components. */
export function PanelContent(content: Content): ReactNode {
  const { panel, frames, range, width, height } = content;
  if (frames.every(({ length }) => length === 0)) {
    return <div>{panel.fieldConfig?.defaults?.noValue ?? 'No data'}</div>;
  }
  switch (panel.type) {
    case 'timeseries':
      return (
        <TimeSeries
          frames={[...frames]}
          timeRange={range}
          timeZone="utc"
          width={width}
          height={height}
          legend={panel.options?.['legend']}
        />
      );
    case 'stat':
      return <Number_ {...content} />;
    case 'bargauge':
      return <Bars {...content} />;
    default:
      return <Rows {...content} />;
  }
}

function lastOf(frame: DataFrame) {
  const field = frame.fields.find(({ type }) => type === FieldType.number);
  if (field === undefined) throw new Error('a frame has no numbers');
  const value = field.values.findLast((each) => each !== null);
  const name = field.state?.displayName ?? '';
  const display = field.display?.(value) ?? { text: '', numeric: Number.NaN };
  return { field, display: { ...display, title: name } };
}

function Number_({ panel, frames, theme, width, height, range }: Content): ReactNode {
  const [frame] = frames;
  if (frame === undefined) return null;
  const { field, display } = lastOf(frame);
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  const shown = field.values.filter((each) => each !== null) as number[];
  const [min, max] = [Math.min(...shown), Math.max(...shown)];
  const state = { ...field.state, range: { min, max, delta: max - min } };
  const line = { y: { ...field, state }, x: time, timeRange: range };
  const hasLine = panel.options?.['graphMode'] !== 'none' && time !== undefined;
  return (
    <BigValue
      value={{ ...display, title: '' }}
      {...(hasLine ? { sparkline: line as never } : {})}
      colorMode={panel.options?.['colorMode']}
      graphMode={panel.options?.['graphMode']}
      justifyMode={panel.options?.['justifyMode']}
      theme={theme}
      width={width}
      height={height}
    />
  );
}

function Bars({ panel, frames, theme, width, height }: Content): ReactNode {
  const options = panel.options ?? {};
  const all = frames.map(lastOf);
  const most = Math.max(...all.map(({ display }) => display.numeric));
  const space = Math.min(height / all.length, options['maxVizHeight'] + 8);
  return all.map(({ field, display }) => (
    <div key={display.title} style={{ height: space }}>
      <BarGauge
        value={display}
        field={{ max: most, min: 0, ...field.config }}
        {...(field.display === undefined ? {} : { display: field.display })}
        orientation={options['orientation']}
        displayMode={options['displayMode']}
        valueDisplayMode={options['valueMode']}
        namePlacement={options['namePlacement']}
        showUnfilled={options['showUnfilled']}
        text={options['text']}
        alignmentFactors={longest(all.map((each) => each.display))}
        theme={theme}
        width={width}
        height={Math.max(space - 8, options['minVizHeight'])}
        itemSpacing={8}
        lcdCellWidth={8}
      />
    </div>
  ));
}

type Shown = ReturnType<typeof lastOf>['display'];

/** The longest name and the longest value, to which all are aligned. */
function longest(all: readonly Shown[]) {
  const by = (of: (each: Shown) => string) =>
    all.map(of).reduce((most, each) => (each.length > most.length ? each : most), '');
  return {
    title: by(({ title }) => title),
    text: by(({ text, suffix = '' }) => `${text}${suffix}`),
  };
}

function Rows({ panel, frames: [frame], width, height, range }: Content): ReactNode {
  if (frame === undefined) return null;
  return (
    <TableNG
      data={frame}
      width={width}
      height={height}
      timeRange={range}
      sortBy={panel.options?.['sortBy']}
      cellHeight={panel.options?.['cellHeight']}
      structureRev={1}
    />
  );
}

/** The time that is shown, in Unix seconds, as Grafana has it. */
export function rangeOf(from: number, to: number): TimeRange {
  const [start, end] = [dateTime(from * 1000), dateTime(to * 1000)];
  return { from: start, to: end, raw: { from: start, to: end } };
}
