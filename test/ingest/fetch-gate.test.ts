import { describe, expect, test } from '@jest/globals';
import { Valve } from '#ingest/kafka/fetch-gate.ts';

/** A consumer as kafkajs has them: it forgets and refuses while it does not run. */
function consumer() {
  const state = { running: true, paused: false };
  const tell = (paused: boolean): void => {
    if (!state.running) throw new Error('Consumer group was not initialized');
    state.paused = paused;
  };
  return {
    state,
    pause: () => tell(true),
    resume: () => tell(false),
    paused: () => [],
  };
}

describe('a valve', () => {
  test('is set again when a consumer has begun anew', () => {
    const told = consumer();
    const valve = new Valve(told, ['t']);
    valve.close();
    expect(told.state.paused).toBe(true);
    told.state.paused = false;
    valve.set();
    expect(told.state.paused).toBe(true);
  });

  test('can be closed and opened while the consumer does not run', () => {
    const told = consumer();
    const valve = new Valve(told, ['t']);
    told.state.running = false;
    valve.close();
    told.state.running = true;
    valve.set();
    expect(told.state.paused).toBe(true);
    valve.open();
    expect(told.state.paused).toBe(false);
  });
});
