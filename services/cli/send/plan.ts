import type { Configuration, PixelConfiguration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import type { RequestSettings } from '#core/record/request-members.ts';
import { createLineMapper, type MappedLine } from '../preview/line-mapper.ts';
import type { EventText } from './input.ts';

type Mapped = MappedLine['result'];

/** An event that is sent to a pixel, or the reason why not. */
export type PlannedEvent = {
  /** Where the event starts in the input, from 1. */
  readonly line: number;
} & (
  | ({ readonly recipient: Recipient } & Extract<Mapped, { readonly outcome: 'deliver' }>)
  | ({ readonly pixelId: string | null } & Exclude<Mapped, { readonly outcome: 'deliver' }>)
);

/** A pixel, and what a request to it needs. */
type Recipient = Pick<PixelConfiguration, 'pixelId'> & RequestSettings;

/** What the events are mapped and sent with. */
interface SendContext {
  readonly pixels: readonly PixelConfiguration[];
  /** Null without a configuration file: then the only pixel takes every event. */
  readonly configuration: Configuration | null;
  /** The only pixel of the configuration to send to; null for all. */
  readonly onlyPixel: string | null;
}

/**
 * Maps every event before anything is sent.
 * @throws UsageError when a line's settings name a pixel that has no access token
 */
export function planEvents(
  events: readonly EventText[],
  context: SendContext,
): readonly PlannedEvent[] {
  const { configuration } = context;
  const mapLine = createLineMapper({ configuration, now: null, clock: Date.now }, null);
  return events.flatMap(({ line, text }): PlannedEvent[] => {
    const planned = [...mapLine(text)].flatMap(({ pixelId, result }): PlannedEvent[] => {
      const recipient = pixelId === null ? null : recipientOf(pixelId, line, context);
      if (recipient === null && pixelId !== null) return [];
      if (result.outcome !== 'deliver') {
        return [{ line, pixelId: recipient?.pixelId ?? null, ...result }];
      }
      if (recipient === null) return [];
      // A rule of the pixel may give an event a code of its own.
      const testEventCode = result.event.testEventCode ?? recipient.testEventCode;
      return [{ line, recipient: { ...recipient, testEventCode }, ...result }];
    });
    return planned.length > 0 ? planned : [{ line, pixelId: null, ...NOT_FOR_PIXEL }];
  });
}

const NOT_FOR_PIXEL = {
  outcome: 'filter',
  reason: 'no_pixel',
  message: 'the pixel that --pixel names does not select this event',
} as const;

/** What an event without a pixel of its own is mapped for. */
const NO_ID = '0';

/** Null for a pixel that `--pixel` leaves out. */
function recipientOf(
  pixelId: string,
  line: number,
  { pixels, configuration, onlyPixel }: SendContext,
): Recipient | null {
  if (configuration === null && pixelId === NO_ID) return pixels[0] ?? null;
  if (configuration !== null && onlyPixel !== null && pixelId !== onlyPixel) return null;
  const found = pixels.find((each) => each.pixelId === pixelId);
  if (found !== undefined) return found;
  throw new UsageError(
    `line ${line}: there is no access token for pixel ${pixelId} → name a pixel of the configuration in settings.pixelId`,
  );
}
