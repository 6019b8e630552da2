/* What a store may know of a filter before it reads the facts of single dead letters. */

/** Those that the facts decide which many dead letters of one cause share. */
export const SHARED_FIELDS = words('reason pixel stage code subcode event status');

/** Those that decide for a group as a whole. */
export const GROUP_FIELDS = words('reason pixel stage code subcode');

/** Those whose values are kept as they are written, so that a page without them can be skipped. */
export const VERBATIM_FIELDS = words('eventid trace');

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
