import { SOURCES } from '#test/support/fleet.ts';
import { trackEvent } from '#test/support/track-event.ts';

/**
 * Part of every planted text: one search finds all of them. Long enough that it does not occur by
 * chance in the sealed values, which are megabytes of random base64: five letters do, once in a few runs.
 */
export const TAG = 'zqxvkwjqzxvk';
/** Prefix of every planted phone number. */
export const PHONE = '49309917';

/** Personal values of one event. */
export const VALUES_AN_EVENT = 7;

/** A Track event whose every personal value is planted. */
export function plantedEvent(n: number): { readonly id: string; readonly value: string } {
  const word = `${TAG}${lettersOf(n)}`;
  const timestamp = new Date().toISOString();
  const id = `planted-${n}`;
  const event = trackEvent({
    messageId: id,
    userId: `user-${word}`,
    timestamp,
    originalTimestamp: timestamp,
    context: {
      source: SOURCES[n % SOURCES.length],
      page: { url: `https://shop.example.com/?q=${word}` },
      traits: {
        email: `${word}@example.com`,
        firstName: `First${word}`,
        lastName: `Last${word}`,
        phone: `+${PHONE}${String(n).padStart(5, '0')}`,
        address: { city: `City${word}` },
      },
    },
  });
  return { id, value: JSON.stringify(event) };
}

/** What is looked for: planted values as they are, their base64, and secrets. */
export function needles(secrets: readonly string[]): { name: string; pattern: RegExp }[] {
  const encoded = [0, 1, 2].map((shift) => base64Core(TAG, shift));
  return [
    { name: 'planted text', pattern: new RegExp(TAG, 'gi') },
    { name: 'planted phone number', pattern: new RegExp(`${PHONE}\\d{5}`, 'g') },
    { name: 'planted text in base64', pattern: new RegExp(encoded.map(escaped).join('|'), 'g') },
    ...secrets.map((secret) => ({ name: 'secret', pattern: new RegExp(escaped(secret), 'g') })),
  ];
}

/** Finds what was planted in some bytes; each finding says what, and what stands around it. */
export function search(
  where: string,
  bytes: Buffer,
  looked: readonly { name: string; pattern: RegExp }[],
): string[] {
  const text = bytes.toString('latin1');
  return looked.flatMap(({ name, pattern }) =>
    [...text.matchAll(pattern)].map(({ index }) => {
      const around = text.slice(Math.max(index - 60, 0), index + 40).replace(/[^ -~]/g, '.');
      return `${name} in ${where}: ${around}`;
    }),
  );
}

/** The characters of base64 that depend on the text alone, where it begins after `shift` bytes. */
function base64Core(text: string, shift: number): string {
  const encoded = Buffer.from(`${'\0'.repeat(shift)}${text}`)
    .toString('base64')
    .replace(/=+$/, '');
  const from = Math.ceil((shift * 8) / 6);
  const to = Math.floor(((shift + text.length) * 8) / 6);
  return encoded.slice(from, to);
}

function lettersOf(n: number): string {
  const letters = n
    .toString(26)
    .replace(/[0-9a-p]/g, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26)));
  return letters.padStart(5, 'a');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
