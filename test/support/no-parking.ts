import { LiveParking } from '#ingest/parking/live-parking.ts';
import { parseParked } from '#store/parking/ranges.ts';

/** What reading asks about parked events, where none are. */
export function noParking() {
  return { parking: new LiveParking([]), parked: async () => parseParked({}) };
}
