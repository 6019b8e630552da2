import { UsageError } from '#config/errors.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { plural } from '#core/text/format.ts';
import { changeLane, type LaneAction } from '#store/delivery/lane-changes.ts';
import { type PixelStatus, readFleet } from '#store/status/fleet.ts';
import type { ActionContext, SubcommandAction } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { didYouMean } from '../known-names.ts';
import { printResult } from '../output/print.ts';
import { laneView, renderLanes } from './rendering.ts';

/** The longest text that every worker reads again and again with the lane board. */
const MOST_CHARACTERS = 200;

async function readLanes({ store, configuration }: ActionContext): Promise<readonly PixelStatus[]> {
  return (await readFleet(store, configuration.pixels)).pixels;
}

export async function listLanes(context: ActionContext): Promise<number> {
  const all = await readLanes(context);
  const asked = context.flags['pixel'] as readonly string[] | undefined;
  const { names } = context;
  // One that is not configured any more has a lane all the same.
  const wanted = asked?.map((idOrName) => names.idOf(idOrName) ?? idOrName);
  const missing = wanted?.find((id) => !all.some(({ pixelId }) => pixelId === id));
  if (missing !== undefined) {
    const spellings = [...names.spellings, ...all.map(({ pixelId }) => pixelId)];
    throw new ExitError(
      EXIT_CODES.nothingMatched,
      `there is no pixel “${missing}”${didYouMean(missing, spellings)}: see capi-relay lanes`,
    );
  }
  const shown = all.filter(({ pixelId }) => wanted?.includes(pixelId) ?? true);
  return printResult(context.flags, shown.map(laneView), renderLanes(shown, Date.now()));
}

export function changing(action: LaneAction): SubcommandAction {
  return (context) => act(context, action);
}

async function act(context: ActionContext, action: LaneAction): Promise<number> {
  const { store, configuration, names, flags, args } = context;
  const { by, reason } = context.account;
  requireShort('--by', by);
  requireShort('--reason', reason ?? '');
  const [asked = ''] = args;
  const pixelId = names.idOf(asked) ?? asked;
  const configured = configuration.pixels.map((pixel) => pixel.pixelId);
  const why = reason?.trim() === '' ? null : reason;
  const answer = await changeLane(store, configured, { pixelId, action, by, reason: why });
  if (answer.kind !== 'done') {
    const { nothingMatched, refused } = EXIT_CODES;
    if (answer.kind === 'refused') throw new ExitError(refused, answer.why);
    throw new ExitError(nothingMatched, answer.why + didYouMean(asked, names.spellings));
  }
  const lane = (await readLanes(context)).find((each) => each.pixelId === pixelId);
  if (lane === undefined) throw new ExitError(EXIT_CODES.failed, `pixel ${pixelId} is gone`);
  return printResult(flags, laneView(lane), doneText(action, lane));
}

function requireShort(flag: string, text: string): void {
  if (text.length <= MOST_CHARACTERS) return;
  throw new UsageError(`${flag} takes at most ${MOST_CHARACTERS} characters, not ${text.length}`);
}

function doneText(action: LaneAction, pixel: PixelStatus): string {
  const { pixelId, ledger, lane } = pixel;
  const label = pixelLabel(pixel);
  const waits = `${plural(ledger.queued, 'event waits', 'events wait')}`;
  switch (action) {
    case 'pause':
      return `Pixel ${label} is paused: requests under way end, and ${waits}.\nTo go on: capi-relay lanes resume ${pixelId}\n`;
    case 'resume':
      return lane.state === 'active'
        ? `Pixel ${label} is active again: ${waits}.\n`
        : `Pixel ${label} is no longer paused; it is ${lane.state}, as before, and is probed: ${waits}.\n`;
    case 'probe':
      return `Pixel ${label} is probed with the next events: ${waits}.\n`;
  }
}
