import { describe, expect, test } from '@jest/globals';
import { FetchGate } from '#ingest/kafka/fetch-gate.ts';

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

describe('a gate', () => {
  test('is applied again when a consumer has restarted', () => {
    const told = consumer();
    const gate = new FetchGate(told, ['t']);
    gate.close();
    expect(told.state.paused).toBe(true);
    told.state.paused = false;
    gate.apply();
    expect(told.state.paused).toBe(true);
  });

  test('can be closed and opened while the consumer does not run', () => {
    const told = consumer();
    const gate = new FetchGate(told, ['t']);
    told.state.running = false;
    gate.close();
    told.state.running = true;
    gate.apply();
    expect(told.state.paused).toBe(true);
    gate.open();
    expect(told.state.paused).toBe(false);
  });
});
