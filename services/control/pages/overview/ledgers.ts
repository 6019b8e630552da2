import { formatCount } from '#core/text/format.ts';
import { allFiltered } from '#store/status/filtered.ts';
import { type FleetStatus, type PixelStatus, totalOf } from '#store/status/fleet.ts';
import { imbalance, type Ledger } from '#store/status/ledger.ts';
import { type Html, html, type Part } from '../../html.ts';
import { FLOW_PARTS, flowBar, flowLegend } from '../charts/flow-bar.ts';
import { countCell, mutedName } from '../elements.ts';
import { PATHS } from '../links.ts';

/** Title → field of the ledger. */
const COLUMNS = {
  Consumed: 'consumed',
  Filtered: 'filtered',
  Delivered: 'delivered',
  Dead: 'dead',
  Purged: 'purged',
  Lost: 'lost',
  'In flight': 'queued',
  Parked: 'parked',
} as const;

/** The ledgers of some pixels, and all of them together. */
export function ledgerTable(fleet: FleetStatus, pixels: readonly PixelStatus[]): Html {
  const { none } = fleet;
  return html`<table class="stack figures">
<thead><tr><th scope="col">Pixel</th>${Object.keys(COLUMNS).map((name) => html`<th scope="col" class="n">${name}</th>`)}<th scope="col">Balance</th></tr></thead>
<tbody>
${pixels.map((pixel) => ledgerRow(pixel.pixelId, pixel.ledger, pixel.configured ? mutedName(pixel) : html` <span class="muted">not configured</span>`))}
${none.consumed > 0 && ledgerRow('none', none, html` <span class="muted">could not be identified</span>`)}
</tbody>
<tfoot><tr><th scope="row">All</th>${ledgerCells(totalOf(fleet), '', PATHS.lanes())}</tr></tfoot>
</table>
${flowLegend(FLOW_PARTS)}
${filteredReasons(fleet)}`;
}

function ledgerRow(pixelId: string, ledger: Ledger, remark: Part): Html {
  return html`<tr><th scope="row"><span class="id">${pixelId === 'none' ? 'No pixel' : pixelId}</span>${remark}${flowBar(ledger)}</th>
${ledgerCells(ledger, `pixel:${pixelId}`, PATHS.lane(pixelId))}</tr>
`;
}

function ledgerCells(ledger: Ledger, where: string, queued: string): Html {
  const links: Partial<Record<keyof Ledger, string>> = { dead: PATHS.groups(where), queued };
  const off = imbalance(ledger);
  return html`${Object.entries(COLUMNS).map(([name, field]) => html`<td class="n" data-label="${name}">${countCell(ledger[field], links[field])}</td>`)}
<td data-label="Balance">${off === 0 ? html`<span class="state good">balanced</span>` : html`<span class="state bad">off by ${off}</span>`}</td>`;
}

/** The most frequent reasons why events were filtered. */
function filteredReasons({ pixels, noneFiltered }: FleetStatus): Part {
  const all = allFiltered([noneFiltered, ...pixels.map(({ filtered }) => filtered)]);
  const words = all.map(([reason, events]) => `${formatCount(events)} ${reason}`).join(', ');
  return words !== '' && html`<p class="hint">Why events were filtered: ${words}.</p>`;
}
