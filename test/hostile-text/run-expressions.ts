import { parentPort, workerData } from 'node:worker_threads';

/*
 * Applies expressions to texts in a thread of its own, because one that takes too long can be ended
 * only from outside. Before each it says which one it is, and at the end that it is done.
 */

interface Task {
  readonly source: string;
  readonly flags: string;
  /** What is repeated, and what stands before and after it. */
  readonly texts: readonly (readonly [before: string, repeated: string, after: string])[];
}

const { tasks, length } = workerData as { tasks: readonly Task[]; length: number };

for (const [index, { source, flags, texts }] of tasks.entries()) {
  const expression = new RegExp(source, flags);
  for (const [before, repeated, after] of texts) {
    parentPort?.postMessage({ index, before, repeated, after });
    const text = `${before}${repeated.repeat(Math.ceil(length / repeated.length))}${after}`;
    if (expression.global) text.replace(expression, '');
    else expression.test(text);
  }
}
parentPort?.postMessage(null);
