import type { Configuration } from '#config/configuration.ts';
import { noteReceipts } from '#process/service-log.ts';
import type { IntakeOptions } from '#store/intake/writer.ts';
import { MessageNames } from '#store/receipts/names.ts';
import { DuplicateWindow } from './duplicates.ts';
import { IntakeReceipts } from './receipts.ts';

type Sections = Pick<Configuration, 'receipts' | 'ingest' | 'sealing'>;

/** What knows messages by their ids; null where nothing needs it. */
export function nameMessages({ receipts, ingest, sealing }: Sections) {
  const names = new MessageNames(sealing);
  return {
    receipts: receipts.enabled ? new IntakeReceipts(names) : null,
    window: ingest.duplicates.enabled ? new DuplicateWindow(names) : null,
  };
}

/** How Redis keeps what is known of messages. */
export function keepMessages(
  { receipts, ingest }: Sections,
  ...told: Parameters<typeof noteReceipts>
): Pick<IntakeOptions, 'receipts' | 'window'> {
  return {
    receipts: receipts.enabled ? { ...receipts, onLost: noteReceipts(...told) } : null,
    window: ingest.duplicates.enabled ? ingest.duplicates : null,
  };
}
