import { describe, expect, test } from '@jest/globals';
import { RetriedWork } from '#core/retried-work.ts';
import type { EnvelopeTrigger, IntakeBuilder } from '#ingest/intake/builder.ts';
import { IntakeWriter } from '#ingest/intake/writer.ts';
import type { Intake } from '#store/intake/writer.ts';

const STEP = { topic: 't', partition: 0, from: null, to: 3, topicId: null };

/** A builder that holds messages, and a store that answers when it is told to. */
function writing({ lingerMs = 60_000 } = {}) {
  const builder = {
    messages: 0,
    bytes: 0,
    traces: ['trace'],
    built: [] as EnvelopeTrigger[],
    build(trigger: EnvelopeTrigger): Intake | null {
      if (this.messages === 0) return null;
      this.built.push(trigger);
      this.clear();
      return { envelopes: [], deadLetters: [], counts: new Map(), steps: [STEP] };
    },
    clear() {
      this.messages = 0;
    },
  };
  const answers: ((answer: 'written' | 'conflict' | Error) => void)[] = [];
  const store = {
    write: () =>
      new Promise<'written' | 'conflict'>((resolve, reject) => {
        answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
  };
  const happened: string[] = [];
  const writer = new IntakeWriter(builder as unknown as IntakeBuilder, store, {
    maxMessages: 10,
    maxBytes: 1000,
    lingerMs,
    work: new RetriedWork({
      onFailure: (operation) => happened.push(`failed ${operation}`),
      faultOf: () => 'other',
      sleep: async () => {},
      now: Date.now,
    }),
    onWritten: ({ steps, messages, traces }) =>
      happened.push(`written ${steps[0]?.to} ${messages} ${traces.join()}`),
    onConflict: () => happened.push('conflict'),
  });
  return { builder, writer, answers, happened };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test.each([
  [{ messages: 9, bytes: 999 }, null],
  [{ messages: 10, bytes: 0 }, 'count'],
  [{ messages: 0, bytes: 1000 }, 'bytes'],
])('with %j an intake is full by %s', (state, full) => {
  const { builder, writer } = writing();
  expect(writer.full).toBeNull();
  Object.assign(builder, state);
  expect(writer.full).toBe(full);
});

describe('a write', () => {
  test('does nothing when nothing is collected', async () => {
    const { writer, answers, happened } = writing();
    await writer.write('stop');
    expect([answers, happened]).toEqual([[], []]);
  });

  test('waits until the one before is done', async () => {
    const { builder, writer, answers, happened } = writing();
    builder.messages = 3;
    const first = writer.write('count');
    builder.messages = 1;
    const second = writer.write('linger');
    await turn();
    expect(answers).toHaveLength(1);
    answers[0]?.('written');
    await first;
    await turn();
    expect(answers).toHaveLength(2);
    answers[1]?.('written');
    await second;
    expect(happened).toEqual(['written 3 3 trace', 'written 3 1 trace']);
    expect(builder.built).toEqual(['count', 'linger']);
  });

  test('is repeated until Redis does it', async () => {
    const { builder, writer, answers, happened } = writing();
    builder.messages = 3;
    const written = writer.write('count');
    await turn();
    answers[0]?.(new Error('away'));
    while (answers.length < 2) await turn();
    answers[1]?.('written');
    await written;
    expect(happened).toEqual(['failed intake', 'written 3 3 trace']);
  });

  test('that meets another process is reported, and its offsets are not', async () => {
    const { builder, writer, answers, happened } = writing();
    builder.messages = 3;
    const written = writer.write('count');
    await turn();
    answers[0]?.('conflict');
    await written;
    expect(happened).toEqual(['conflict']);
  });
});

test('what lingers is written by itself, once', async () => {
  const { builder, writer, answers } = writing({ lingerMs: 1 });
  builder.messages = 3;
  writer.linger();
  writer.linger();
  while (answers.length === 0) await turn();
  expect(builder.built).toEqual(['linger']);
  answers[0]?.('written');
});

describe('abandoning', () => {
  test('discards what is collected, and waits for the write that is running', async () => {
    const { builder, writer, answers, happened } = writing();
    builder.messages = 3;
    void writer.write('count');
    builder.messages = 2;
    await turn();
    let abandoned = false;
    const abandoning = writer.abandon().then(() => {
      abandoned = true;
    });
    expect(builder.messages).toBe(0);
    await turn();
    expect(abandoned).toBe(false);
    answers[0]?.('written');
    await abandoning;
    expect(happened).toEqual(['written 3 3 trace']);
  });

  test('ends the repetition of a write that fails', async () => {
    const { builder, writer, answers, happened } = writing();
    builder.messages = 3;
    const written = writer.write('count');
    await turn();
    const abandoning = writer.abandon();
    answers[0]?.(new Error('away'));
    await Promise.all([written, abandoning]);
    expect(answers).toHaveLength(1);
    expect(happened).toEqual(['failed intake']);
  });
});
