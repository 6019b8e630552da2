import { expect, jest, test } from '@jest/globals';
import { QualityGauges } from '#control/duties/quality-gauges.ts';
import { CONTROL_METRICS } from '#control/metrics.ts';
import { dayOf, type QualityRecord } from '#core/quality/record.ts';
import { createMetrics, type DetailedPixels } from '#process/metrics/registry.ts';
import { eventQuality } from '#test/support/event-quality.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const CONFIGURATION = {
  control: { quality: { criticalPercentage: 50, ignoredDiagnostics: [] } },
} as never;

function daysOf(score: number) {
  return [1, 2, 3].map((ago) => ({ day: dayOf(NOW) - ago, score }));
}

const RECORD: QualityRecord = {
  askedAt: NOW,
  answeredAt: NOW,
  nextAt: NOW,
  failures: 0,
  failure: null,
  events: [
    eventQuality({ eventName: 'Purchase', score: 6 }),
    eventQuality({ eventName: 'Lead', score: 8 }),
    eventQuality({ eventName: 'Own event', score: 3 }),
  ],
  history: [
    { eventName: 'Purchase', days: daysOf(7.5) },
    { eventName: 'Lead', days: daysOf(8.5) },
    { eventName: 'Own event', days: daysOf(9) },
  ],
};

function filling(detailed: DetailedPixels) {
  const metrics = createMetrics('control', CONTROL_METRICS, detailed);
  const gauges = new QualityGauges(metrics);
  const known = jest.fn(() => new Map([['1', RECORD]]));
  const duty = { known, revision: 1 };
  const fill = (now = NOW, configuration = CONFIGURATION) => gauges.fill(duty, configuration, now);
  const shown = async (name: string) =>
    (await metrics.page()).split('\n').filter((line) => line.startsWith(`capi_quality_${name}`));
  return { duty, known, fill, shown };
}

test('a pixel has a few series, of which the worst event decides', async () => {
  const { fill, shown } = filling('none');
  fill();
  expect(await shown('event_match_score')).toEqual([
    'capi_quality_event_match_score{pixel="1",event_name="all"} 3',
  ]);
  // Of standard events only: what is new among the others has no past.
  expect(await shown('score_drop')).toEqual(['capi_quality_score_drop{pixel="1"} 1.5']);
  expect(await shown('usual')).toEqual([]);
  expect(await shown('match_key')).toEqual([]);
  expect((await shown('')).length).toBeLessThanOrEqual(9);
});

test('where it is asked for, each event has its own', async () => {
  const { fill, shown } = filling(['1']);
  fill();
  expect(await shown('event_match_score')).toEqual([
    'capi_quality_event_match_score{pixel="1",event_name="Purchase"} 6',
    'capi_quality_event_match_score{pixel="1",event_name="Lead"} 8',
    'capi_quality_event_match_score{pixel="1",event_name="other"} 3',
  ]);
  expect(await shown('usual')).toEqual([
    'capi_quality_usual_event_match_score{pixel="1",event_name="Purchase"} 7.5',
    'capi_quality_usual_event_match_score{pixel="1",event_name="Lead"} 8.5',
  ]);
  expect(await shown('score_drop')).toEqual(['capi_quality_score_drop{pixel="1"} 1.5']);
});

test('gauges are filled after a change only: an answer, a reload, a day', () => {
  const { duty, known, fill } = filling('none');
  for (const change of [
    () => fill(),
    () => {
      duty.revision += 1;
      fill();
    },
    () => fill(NOW, { ...(CONFIGURATION as object) } as never),
    () => fill(NOW + 86_400_000, CONFIGURATION),
  ]) {
    known.mockClear();
    change();
    expect(known).toHaveBeenCalledTimes(1);
  }
  known.mockClear();
  fill(NOW + 86_400_000, CONFIGURATION);
  fill(NOW + 86_400_001, CONFIGURATION);
  expect(known).not.toHaveBeenCalled();
});
