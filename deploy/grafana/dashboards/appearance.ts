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
export const BY_NAME = new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);

/** What gives one series its colour. */
export function fixedColour(colour: string): DynamicConfigValue[] {
  return [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }];
}
