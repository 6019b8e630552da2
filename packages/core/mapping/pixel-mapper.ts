import { compileCondition } from '../conditions/condition.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import type { Route } from '../event/routing.ts';
import { asObject } from '../event/track-event.ts';
import type { Trace } from './draft.ts';
import { createMapper, type Mapper } from './mapper.ts';
import { mappingFailed, REFUSALS } from './mapping-result.ts';

/** A pixel as far as its events are mapped; settings alone have no `events`. */
type MappedPixel = PixelSettings & { readonly events?: Pick<Route, 'deny'> };

/** The mapping of a pixel, with what `events.deny` leaves out. A pixel without that has the mapping alone. */
export function createPixelMapper(pixel: MappedPixel, trace: Trace | null = null): Mapper {
  const map = createMapper(pixel, trace);
  const deny = pixel.events?.deny;
  if (deny === undefined) return map;
  const isDenied = compileCondition(deny);
  return (event, now) => {
    try {
      const whole = asObject(event);
      if (whole !== null && isDenied(whole)) return REFUSALS.denied;
    } catch (error) {
      return mappingFailed(error);
    }
    return map(event, now);
  };
}
