import type { Outlook } from '#store/dead-letters/replay/preview.ts';
import { plain } from './table.ts';

const SKIPS: Readonly<Record<string, string>> = {
  expired: 'it is past its horizon, or within 10 minutes of it',
  unknown: 'Meta may have taken it more than 48 hours ago (--include-unknown)',
  looping: 'it was replayed 3 times or more (--force-loop)',
  unconfigured: 'its pixel is not in the configuration',
  truncated: 'only the first part of its message was kept; the original is in Kafka, as above',
  unreadable: 'its content is damaged',
};

/** What would become of a dead letter now, for people; nothing where nobody asked. */
export function renderOutlook(outlooks: readonly Outlook[]): string {
  return outlooks.map((each) => `\n${headOf(each)}\n${linesOf(each)}`).join('');
}

function headOf({ pixelId, outcome, reason, message }: Outlook): string {
  const where = pixelId === null ? '' : ` for pixel ${pixelId}`;
  switch (outcome) {
    case 'deliver':
      return `A replay now${where}: it would be sent.`;
    case 'filter':
      return `A replay now${where}: left out (${reason}).`;
    case 'reject':
      return `A replay now${where}: refused again, ${reason}: ${plain(message ?? '')}`;
    case 'skip':
      return `A replay now${where}: not replayed, because ${SKIPS[reason ?? ''] ?? reason}.`;
  }
}

function linesOf({ outcome, changes }: Outlook): string {
  if (outcome !== 'deliver') return '';
  if (changes.length === 0) return 'Exactly as it went: mend its cause, or edit it.\n';
  return changes.map((line) => `  ${plain(line)}\n`).join('');
}
