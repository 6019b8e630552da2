import type { Access } from './access.ts';
import type { BehaviourBook } from './behaviour/book.ts';
import type { Journal } from './journal/journal.ts';
import type { SandboxOptions } from './options.ts';

/** Everything that the routes share. */
export interface Sandbox {
  readonly options: SandboxOptions;
  readonly journal: Journal;
  readonly book: BehaviourBook;
  readonly access: Access;
}
