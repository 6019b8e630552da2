import {
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Limits, Signal } from './signal.ts';

/** The limits of a signal as Grafana has them; a signal without limits has one colour. */
export function thresholds(limits: Limits | undefined): ThresholdsConfigBuilder {
  const steps = (limits?.steps ?? []).map(({ from, colour }) => ({ value: from, color: colour }));
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: limits?.below ?? 'text' }, ...steps]);
}

/** Words in place of numbers that are states. */
export function mappings(words: NonNullable<Signal['words']>): ValueMapping[] {
  const options = Object.entries(words).map(([value, { text, colour }], index) => [
    value,
    { text, color: colour, index },
  ]);
  return [{ type: MappingType.ValueToText, options: Object.fromEntries(options) }];
}

export const BY_THRESHOLDS = new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** A colour for each series, by its place. */
export const MANY_COLOURS = new FieldColorBuilder().mode(FieldColorModeId.PaletteClassic);
/** For bars whose names say all. */
export const ONE_COLOUR = new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor('blue');

/** What gives one series its colour. */
export function fixedColour(colour: string): DynamicConfigValue[] {
  return [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }];
}
