import { type FleetReading, totalOf } from '#store/status/fleet.ts';
import { imbalance, type Ledger } from '#store/status/ledger.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import type { Overview } from '../readings/overview.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { dependencies } from './dependencies.ts';
import { figure } from './figures.ts';
import { flowBar } from './flow-bar.ts';
import { lanes } from './lanes.ts';
import { verdict } from './verdict.ts';

const REFRESH_S = 5;

export function overviewPage(overview: Overview): Page {
  const { fleet } = overview;
  return {
    title: 'Overview',
    refreshS: REFRESH_S,
    body: html`<h1>Overview</h1>
${verdict(overview)}
<section aria-labelledby="flow"><h2 id="flow">Where every event is</h2>
${fleet.pixels.length === 0 ? nothingYet() : funnel(fleet)}</section>
${fleet.pixels.length > 0 && lanes(fleet.pixels, overview.now)}
${dependencies(overview)}
${commandLine(COMMANDS.status)}`,
  };
}

function nothingYet(): Html {
  return html`<p class="empty">No pixel is configured and nothing was ever consumed.</p>`;
}

const COLUMNS = [
  'Consumed',
  'Filtered',
  'Delivered',
  'Dead',
  'Purged',
  'Lost',
  'In flight',
] as const;

function funnel(fleet: FleetReading): Html {
  const { none, pixels } = fleet;
  return html`<table class="stack figures">
<thead><tr><th scope="col">Pixel</th>${COLUMNS.map((name) => html`<th scope="col" class="n">${name}</th>`)}<th scope="col">Balance</th></tr></thead>
<tbody>
${pixels.map(({ pixelId, configured, ledger }) => row(pixelId, ledger, !configured && html` <span class="muted">not configured</span>`))}
${none.consumed > 0 && row('none', none, html` <span class="muted">could not be told</span>`)}
</tbody>
<tfoot>${totalRow(totalOf(fleet))}</tfoot>
</table>`;
}

function row(pixelId: string, ledger: Ledger, remark: Part): Html {
  return html`<tr><th scope="row"><span class="id">${pixelId === 'none' ? 'No pixel' : pixelId}</span>${remark}${flowBar(ledger)}</th>
${cells(ledger, `pixel:${pixelId}`)}</tr>
`;
}

function totalRow(total: Ledger): Html {
  return html`<tr><th scope="row">All</th>${cells(total, '')}</tr>`;
}

function cells(ledger: Ledger, where: string): Html {
  const { consumed, filtered, delivered, dead, purged, lost, queued } = ledger;
  const deadPath = `/dead-letters?where=${encodeURIComponent(where)}`;
  const figures = [
    figure(consumed),
    figure(filtered),
    figure(delivered),
    figure(dead, deadPath),
    figure(purged),
    figure(lost),
    figure(queued, '/queues'),
  ];
  const off = imbalance(ledger);
  return html`${figures.map((each, index) => html`<td class="n" data-label="${COLUMNS[index]}">${each}</td>`)}
<td data-label="Balance">${off === 0 ? html`<span class="state good">balanced</span>` : html`<span class="state bad">off by ${off}</span>`}</td>`;
}
