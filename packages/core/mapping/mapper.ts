import { createConsentCheck } from '../consent/consent.ts';
import { createCustomData } from '../custom-data/custom-data.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import type { ActionSource } from '../event/server-event.ts';
import { asObject, callOf, type Json, partsOf } from '../event/track-event.ts';
import type { Warning } from '../event/warning.ts';
import { createHeadFields, type HeadFields } from '../fields/head-fields.ts';
import { isTooBroad } from '../user-data/too-broad.ts';
import { createUserData } from '../user-data/user-data.ts';
import { createUserFields } from '../user-data/user-fields.ts';
import { actionSourceOf, actionSourceOrigin } from './action-source.ts';
import { type Draft, type Trace, warn } from './draft.ts';
import { createEventNames, type EventName, renamed } from './event-name.ts';
import { eventTimeOf } from './event-time.ts';
import { integrationChoice } from './integrations.ts';
import type { MappingResult } from './mapping-result.ts';
import { invalidTimestamp, mappingFailed, outOfTime, REFUSALS } from './mapping-result.ts';
import { createOwnServerFields } from './own-server-fields.ts';
import { createPlainFields } from './plain-fields.ts';
import { unmetRequirement } from './requirements.ts';

/** The name of a page or screen call, which has no Segment name. */
const PAGE_VIEW: EventName = {
  segment: '',
  meta: 'PageView',
  isPrePurchase: false,
  appends: false,
  cleaned: false,
};

/**
 * Maps a Track event for one pixel. `now` is Unix ms. Never throws: if the mapping itself fails, the
 * event is rejected as `mapping_failed`.
 */
export type Mapper = (event: unknown, now: number) => MappingResult;

/** What is decided before the server event is written. */
interface Head {
  readonly whole: Json;
  readonly options: Json | null;
  readonly segmentName: string;
  readonly eventName: string;
  readonly isPrePurchase: boolean;
  readonly appends: boolean;
  readonly nameCleaned: boolean;
  readonly actionSource: ActionSource;
  readonly warnings: Warning[];
}

/**
 * The mapping of one pixel. Everything that depends on the settings alone is computed once, here.
 *
 * @param trace called with the origin of each field; for `preview` only, because it costs time
 * @param eventName the Meta name of every event, instead of what the settings map names to
 */
export function createMapper(
  settings: PixelSettings,
  trace: Trace | null = null,
  eventName: string | null = null,
): Mapper {
  const map = createMapping(settings, trace, eventName);
  return (event, now) => {
    try {
      return map(event, now);
    } catch (error) {
      return mappingFailed(error);
    }
  };
}

function createMapping(
  settings: PixelSettings,
  trace: Trace | null,
  eventName: string | null,
): Mapper {
  const names = createEventNames(settings.eventMappings, settings.eventMappingPresets);
  const own = createHeadFields(settings, trace);
  const readHead = createHeadReader(settings, names, own, eventName);
  const fillOwn = createUserFields(settings);
  const fillServer = createOwnServerFields(settings, names);
  const readCustomData = createCustomData(settings, names);
  const readUserData = createUserData(settings);
  const writePlain = createPlainFields(settings);
  const defaultCountry = settings.defaultCountry?.toLowerCase() ?? null;

  return (event, now) => {
    const head = readHead(event);
    if ('outcome' in head) return head;
    const time = own === null ? eventTimeOf(head.whole) : own.time(head.whole, head.warnings);
    if (time !== null && time.ms === null) return invalidTimestamp(time.field);
    const timeMs = time?.ms ?? now;
    const late = outOfTime(Math.floor(timeMs / 1000), head.actionSource, Math.floor(now / 1000));
    if (late !== null) return late;

    const draft = newDraft(head, timeMs, now, defaultCountry, trace);
    if (head.nameCleaned) warn(draft, 'personal_data_removed', 'event');
    if (time === null) warn(draft, 'missing_timestamp', 'timestamp');
    else trace?.('event_time', time.field);
    if (trace !== null) traceHead(trace, head, own);
    if (fillOwn !== null) fillOwn(draft);
    const refusal = readCustomData(draft);
    if (refusal !== null) return refusal;
    readUserData(draft);
    if (fillServer !== null) fillServer(draft);
    const unmet = unmetRequirement(draft);
    if (unmet !== null) return unmet;
    if (isTooBroad(draft.personal, draft.user)) return REFUSALS.missingUserData;
    const plain = writePlain(draft, head.options);
    if (plain === null) return REFUSALS.missingWebsiteContext;
    return {
      outcome: 'deliver',
      event: { plain, personal: draft.personal },
      warnings: draft.warnings,
    };
  };
}

/** Decides whether the pixel accepts the call, and under which name. */
function createHeadReader(
  settings: PixelSettings,
  names: (name: string) => EventName,
  own: HeadFields | null,
  rename: string | null,
): (event: unknown) => MappingResult | Head {
  const checkConsent = createConsentCheck(settings);
  const sent = rename === null ? names : (name: string) => renamed(names(name), rename);
  const pageView = rename === null ? PAGE_VIEW : renamed(PAGE_VIEW, rename);
  const nameOf = (name: unknown) =>
    typeof name === 'string' && name.trim() !== '' ? sent(name) : null;
  return (event) => {
    const whole = asObject(event);
    if (whole === null) return REFUSALS.notAnObject;
    const call = callOf(whole);
    if (call === 'unreadable') return REFUSALS.unreadable;
    if (call === 'other' || (call === 'page' && !settings.sendPageViews)) return REFUSALS.otherCall;
    const options = integrationChoice(whole);
    if (options === false) return REFUSALS.disabled;
    const refusal = checkConsent?.(whole) ?? null;
    if (refusal !== null) return refusal;

    const name = call === 'page' ? pageView : nameOf(whole['event']);
    if (name === null) return REFUSALS.nameless;
    if (name.meta === null) return REFUSALS.nameTooLong;
    const warnings: Warning[] = [];
    const actionSource =
      own === null
        ? actionSourceOf(asObject(whole['properties']), settings.defaultActionSource)
        : own.actionSource(whole, warnings);
    if (actionSource === null) return own?.invalidActionSource ?? REFUSALS.invalidActionSource;
    const { segment: segmentName, meta: eventName, isPrePurchase, appends } = name;
    const nameCleaned = name.cleaned;
    return {
      whole,
      options,
      segmentName,
      eventName,
      isPrePurchase,
      appends,
      nameCleaned,
      actionSource,
      warnings,
    };
  };
}

function traceHead(trace: Trace, { whole, segmentName }: Head, own: HeadFields | null): void {
  trace('event_name', segmentName === '' ? 'type' : 'event');
  if (own === null) trace('action_source', actionSourceOrigin(asObject(whole['properties'])));
}

function newDraft(
  { whole, segmentName, eventName, isPrePurchase, appends, actionSource, warnings }: Head,
  timeMs: number,
  now: number,
  country: string | null,
  trace: Trace | null,
): Draft {
  return {
    event: partsOf(whole),
    now,
    segmentName,
    eventName,
    isPrePurchase,
    appends,
    actionSource,
    timeMs,
    country,
    filled: 0,
    personal: {},
    user: {},
    custom: {},
    serverFields: null,
    warnings,
    trace,
  };
}
