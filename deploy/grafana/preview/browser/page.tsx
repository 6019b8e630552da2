import { createTheme, type DataFrame, type GrafanaTheme2, type PanelModel } from '@grafana/data';
import { GlobalStyles, PanelChrome, ThemeContext } from '@grafana/ui';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Answers, Written } from '../answers.ts';
import { dressed } from './appearance.ts';
import { framesOf, tableFrame } from './frames.ts';
import { PanelContent, rangeOf } from './panel-content.tsx';

/** What a page draws. */
export interface Drawing {
  readonly dashboard: Written;
  readonly answers: Answers;
  readonly from: number;
  readonly to: number;
  readonly mode: 'light' | 'dark';
  readonly width: number;
}

const ROW_HEIGHT = 30;
const GAP = 8;
const COLUMNS = 24;

type Placed = PanelModel & {
  readonly gridPos: { x: number; y: number; w: number; h: number };
};

async function framesFor(panel: PanelModel, answers: Answers, theme: GrafanaTheme2) {
  const own = answers[panel.id] ?? [];
  const source = panel.fieldConfig;
  if (panel.type !== 'table') return dressed(framesOf(own), source, theme);
  const frame = await tableFrame(own, panel.transformations ?? []);
  return frame === undefined ? [] : dressed([frame], source, theme);
}

/** Draws a whole dashboard on Grafana's grid. */
export async function draw(drawing: Drawing): Promise<void> {
  const { dashboard, answers, mode } = drawing;
  const theme = createTheme({ colors: { mode } });
  const all = (await Promise.all(
    (dashboard.panels as unknown as Placed[]).map(async (panel) => [
      panel,
      panel.type === 'row' ? [] : await framesFor(panel, answers, theme),
    ]),
  )) as [Placed, DataFrame[]][];
  const root = document.createElement('div');
  root.id = 'dashboard';
  document.body.append(root);
  Object.assign(root.style, { background: theme.colors.background?.canvas });
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Heading drawing={drawing} theme={theme} />
      <Grid drawing={drawing} theme={theme} all={all} />
    </ThemeContext.Provider>,
  );
}

function Heading({ drawing, theme }: { drawing: Drawing; theme: GrafanaTheme2 }): ReactNode {
  const time = (at: number) => new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return (
    <div style={{ padding: `12px ${GAP * 2}px 4px`, display: 'flex' }}>
      <span style={{ ...theme.typography.h4, flexGrow: 1 }}>{drawing.dashboard.title}</span>
      <span style={{ color: theme.colors.text?.secondary }}>
        {time(drawing.from)} to {time(drawing.to)} UTC
      </span>
    </div>
  );
}

function Grid(props: { drawing: Drawing; theme: GrafanaTheme2; all: [Placed, DataFrame[]][] }) {
  const { drawing, theme, all } = props;
  const column = (drawing.width - GAP) / COLUMNS;
  const bottom = Math.max(
    ...all.map(
      ([
        {
          gridPos: { y, h },
        },
      ]) => y + h,
    ),
  );
  return (
    <div style={{ position: 'relative', height: bottom * (ROW_HEIGHT + GAP) }}>
      {all.map(([panel, frames]) => {
        const { x, y, w, h } = panel.gridPos;
        const place = {
          position: 'absolute',
          left: x * column + GAP,
          top: y * (ROW_HEIGHT + GAP),
        } as const;
        const width = w * column - GAP;
        const height = h * (ROW_HEIGHT + GAP) - GAP;
        return (
          <div key={panel.id} style={{ ...place, width, height }}>
            {panel.type === 'row' ? (
              <div style={{ ...theme.typography.h6, paddingTop: 6 }}>{panel.title}</div>
            ) : (
              <PanelChrome title={panel.title ?? ''} width={width} height={height} padding="md">
                {(innerWidth, innerHeight) => (
                  <PanelContent
                    panel={panel}
                    frames={frames}
                    theme={theme}
                    range={rangeOf(drawing.from, drawing.to)}
                    width={innerWidth}
                    height={innerHeight}
                  />
                )}
              </PanelChrome>
            )}
          </div>
        );
      })}
    </div>
  );
}

Object.assign(window, { draw });
