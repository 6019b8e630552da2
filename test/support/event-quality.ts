import type { EventQuality } from '#core/quality/dataset-quality.ts';

/** What Meta says of the events of one name. */
export function eventQuality(change: Partial<EventQuality>): EventQuality {
  return {
    eventName: 'Purchase',
    score: 8.2,
    matchKeys: [
      { key: 'email', coverage: 62, potential: 58.96 },
      { key: 'user_agent', coverage: 100, potential: null },
    ],
    diagnostics: [],
    coverage: 34.1,
    coverageGoal: 75,
    dedupeKeys: [{ key: 'event_id', browser: 100, server: 99.5, deduplicated: 14.8 }],
    uploadFrequency: 'real_time',
    additionalConversions: 37.9,
    ...change,
  };
}
