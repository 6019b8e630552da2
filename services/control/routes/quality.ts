import { dayOf } from '#core/quality/record.ts';
import { qualityReport } from '#core/quality/report.ts';
import { readSentFields } from '#store/intake/sent-fields.ts';
import { readQuality } from '#store/status/quality.ts';
import { qualityPage } from '../pages/quality.ts';
import type { RouteDeps, Routes } from './route.ts';

/** What Meta says of the quality of each pixel's events. */
export function qualityRoutes({ store, configuration }: RouteDeps): Routes {
  return {
    'GET /quality': async ({ visit: { now } }) => {
      const { pixels, control } = configuration();
      const pixelIds = pixels.map(({ pixelId }) => pixelId);
      const [records, sent] = await Promise.all([
        readQuality(store, pixelIds),
        readSentFields(store, dayOf(now), pixelIds),
      ]);
      const reports = pixelIds.map((pixelId) =>
        qualityReport({
          pixelId,
          record: records.get(pixelId) ?? null,
          sent: sent.get(pixelId) ?? null,
          rule: control.quality,
          now,
        }),
      );
      return qualityPage({ reports, enabled: control.quality.enabled, now });
    },
  };
}
