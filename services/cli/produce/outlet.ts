import { once } from 'node:events';
import type { Outgoing } from './feed.ts';

/** Where messages are put. */
export interface Outlet {
  /** Resolves when they are safe there. */
  send(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
}

/** A stream, such as standard output: one message a line, each as it stands. */
export function openPrinter(out: NodeJS.WritableStream): Outlet {
  const lineEnd = Buffer.from('\n');
  return {
    async send(messages) {
      const text = Buffer.concat(messages.flatMap(({ value }) => [value, lineEnd]));
      if (!out.write(text)) await once(out, 'drain');
    },
    close: async () => {},
  };
}
