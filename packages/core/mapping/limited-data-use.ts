import type { PixelSettings } from '../event/pixel-settings.ts';
import type { Json } from '../event/track-event.ts';
import { fieldReader, type ReadValue } from '../fields/field-reader.ts';
import { type Draft, warn } from './draft.ts';

/** Data processing options as they are sent to Meta. */
interface LimitedDataUse {
  readonly options: readonly string[];
  readonly country: number;
  readonly state: number;
}

type LimitedDataUseSettings = Pick<
  PixelSettings,
  | 'useLimitedDataUse'
  | 'dataProcessingOptions'
  | 'dataProcessingOptionsCountry'
  | 'dataProcessingOptionsState'
  | 'fields'
>;

/** The data processing options of an event, and where they come from. */
export interface LimitedDataUseChoice {
  /** Null sends nothing about it. */
  readonly use: LimitedDataUse | null;
  readonly origin: string;
  /** False when the event asks for something that cannot be read. */
  readonly readable: boolean;
}

const LDU = ['LDU'];
const NO_LDU: readonly string[] = [];
const MOST_STATES = 2000;

/** The path of an event's own options. */
export const LIMITED_DATA_USE_PATH = 'integrations.Facebook Conversions API.dataProcessingOptions';

/**
 * The data processing options to send: those of the event in `dataProcessingOptions`, an array of
 * options, country and state, even when the setting is off; otherwise the settings, if it is on. An
 * empty array of options means "explicitly off", and is sent.
 *
 * If the event's options cannot be read, the settings of the pixel are used, and `readable` is false.
 * Sources: Segment, "Data Processing Initialization Parameters"; Meta, data processing options.
 */
export function createLimitedDataUse(
  settings: LimitedDataUseSettings,
): (options: Json | null, draft: Draft) => LimitedDataUseChoice {
  const configured: LimitedDataUse = {
    options: settings.dataProcessingOptions,
    country: settings.dataProcessingOptionsCountry,
    state: settings.dataProcessingOptionsState,
  };
  const origin = 'settings';
  const byDefault = { use: settings.useLimitedDataUse ? configured : null, origin, readable: true };
  const unreadable = { use: configured, origin, readable: false };
  const own = createOwnUse(settings, byDefault, configured);
  if (own !== null) return own;

  return (options) => {
    const asked = options?.['dataProcessingOptions'] ?? null;
    if (asked === null) return byDefault;
    const use = Array.isArray(asked) ? readUse(asked) : null;
    return use === null ? unreadable : { use, origin: LIMITED_DATA_USE_PATH, readable: true };
  };
}

/** The options from the sources that the pixel names; null where it names none. */
function createOwnUse(
  { fields }: LimitedDataUseSettings,
  byDefault: LimitedDataUseChoice,
  configured: LimitedDataUse,
): ((options: Json | null, draft: Draft) => LimitedDataUseChoice) | null {
  const read = fieldReader(fields, 'data_processing_options', takeUse);
  if (read === null) return null;
  return (_, draft) => {
    const found = read(draft);
    if (found === undefined) return byDefault;
    // The warning about what cannot be read is there already.
    return found ?? { use: configured, origin: 'settings', readable: true };
  };
}

const takeUse: ReadValue<Draft, LimitedDataUseChoice> = (draft, value, path) => {
  const use = Array.isArray(value) ? readUse(value) : null;
  if (use !== null) return { use, origin: path, readable: true };
  warn(draft, 'invalid_data_processing_options', path);
  return undefined;
};

/** `[["LDU"], 1, 1000]`; country and state are optional. Null for anything else. */
function readUse([options, country = 0, state = 0]: readonly unknown[]): LimitedDataUse | null {
  const read = readOptions(options);
  if (read === null || (country !== 0 && country !== 1)) return null;
  return isState(state) ? { options: read, country, state } : null;
}

function readOptions(options: unknown): readonly string[] | null {
  if (!Array.isArray(options)) return null;
  if (options.length === 0) return NO_LDU;
  return options.length === 1 && options[0] === 'LDU' ? LDU : null;
}

/** 0, or the number of a state, such as 1000 for California. */
function isState(state: unknown): state is number {
  return (
    state === 0 ||
    (Number.isSafeInteger(state) && Number(state) >= 1000 && Number(state) < MOST_STATES)
  );
}
