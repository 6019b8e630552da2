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

const expressions = tasks.map(({ source, flags }) => new RegExp(source, flags));
/** Text → which expressions it is for: a text of 1 MiB takes longer to make than most take to read. */
const readers = new Map<string, number[]>();
for (const [index, { texts }] of tasks.entries()) {
  for (const text of new Set(texts.map((each) => JSON.stringify(each)))) {
    readers.set(text, [...(readers.get(text) ?? []), index]);
  }
}

for (const [key, indexes] of readers) {
  const [before, repeated, after] = JSON.parse(key) as Task['texts'][number];
  const text = `${before}${repeated.repeat(Math.ceil(length / repeated.length))}${after}`;
  for (const index of indexes) {
    const expression = expressions[index] as RegExp;
    parentPort?.postMessage({ index, before, repeated, after });
    if (expression.global) text.replace(expression, '');
    else expression.test(text);
  }
}
parentPort?.postMessage(null);
