import { hash } from 'node:crypto';
import { createMapper } from '#core/mapping/mapper.ts';
import { DEFAULT_PIXEL_SETTINGS } from '#core/pixel-settings.ts';
import { sentJson } from '#core/wire.ts';

const ROUNDS = 15;

/** Personal values as they are hashed: eight of the length that such values have. */
const VALUES = [
  'jane.roe@example.com',
  '16505550123',
  'jane',
  'roe',
  'sanfrancisco',
  'ca',
  '94025',
  'user-0123456789',
];

/**
 * What no implementation can do without, in microseconds of CPU an event: one JSON.parse of the
 * Track event, eight one-shot hashes, one JSON.stringify of the server event. The median of several
 * rounds over real events.
 */
export function measureFloor(values: readonly Buffer[]): number {
  const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });
  const texts = values.map((value) => value.toString());
  const sent = texts.flatMap((text) => {
    const verdict = map(JSON.parse(text), Date.now());
    return verdict.outcome === 'deliver' ? [JSON.parse(sentJson(verdict.event))] : [];
  });
  const round = (): number => {
    const before = process.cpuUsage();
    for (const text of texts) {
      JSON.parse(text);
      for (const value of VALUES) hash('sha256', value);
    }
    for (const event of sent) JSON.stringify(event);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / texts.length;
  };
  const rounds = Array.from({ length: ROUNDS }, round).sort((a, b) => a - b);
  return rounds[Math.floor(ROUNDS / 2)] ?? 0;
}
