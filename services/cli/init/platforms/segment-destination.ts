import { asObject, type Json } from '#core/event/track-event.ts';
import { filled, type PixelDraft } from './import-result.ts';

/*
 * What both destinations of Segment have.
 * Source: https://github.com/segmentio/public-api-sdk-typescript, model/destinationV1.ts.
 */

/** What the workspace calls a destination. */
export function titleOf(destination: Json): string {
  const metadata = asObject(destination['metadata']);
  return (
    filled(destination['name']) ?? filled(metadata?.['name']) ?? 'a destination without a name'
  );
}

export function carryId(draft: PixelDraft, id: unknown): void {
  draft.carry('pixelId', typeof id === 'number' ? String(id) : filled(id), 'pixelId');
}

/** Why some of their settings have no equivalent. */
export const WHY_DROPPED: ReadonlyMap<string, string> = new Map([
  [
    'contentTypes',
    'content_type is product where there are contents; send properties.content_type for another one',
  ],
  ['accessToken', 'a token is not written into the file; it comes from the environment'],
]);
