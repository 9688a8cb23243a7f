import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../src/http/readiness.ts';

const gone = 'the store does not answer';

function startReadiness() {
  const state = { time: 0, looks: 0, fails: false, hangs: false };
  const check = (): Promise<void> => {
    state.looks += 1;
    if (state.hangs) return new Promise(() => undefined);
    return state.fails ? Promise.reject(new Error('no disk at /secret')) : Promise.resolve();
  };
  const told: string[] = [];
  const events = { away: ({ message }: Error) => told.push(message), back: () => told.push('back') };
  return { state, told, missing: createReadiness(check, { events, now: () => state.time, patienceMs: 20 }) };
}

describe('readiness', () => {
  it('is looked up once a second, however many ask', async () => {
    const { state, missing } = startReadiness();
    expect(await Promise.all([missing(), missing()])).toEqual([undefined, undefined]);
    state.time = 999;
    expect([await missing(), state.looks]).toEqual([undefined, 1]);
    state.time = 1_000;
    expect([await missing(), state.looks]).toEqual([undefined, 2]);
  });

  it('is lost, for a reason, and found again', async () => {
    const { state, missing } = startReadiness();
    state.fails = true;
    expect(await missing()).toBe(gone);
    state.fails = false;
    expect(await missing()).toBe(gone);
    state.time = 1_000;
    expect(await missing()).toBeUndefined();
  });

  it('tells once that it is lost, with why, and once that it is there again', async () => {
    const { state, told, missing } = startReadiness();
    for (const how of [{}, { fails: true }, { fails: true }, { hangs: true }, {}, {}, { hangs: true }]) {
      Object.assign(state, { fails: false, hangs: false, time: state.time + 1_000 }, how);
      await missing();
    }
    expect(told).toEqual(['no disk at /secret', 'back', 'it did not answer in time']);
  });

  it('is not waited for', async () => {
    const { state, missing } = startReadiness();
    state.hangs = true;
    expect(await missing()).toBe(gone);
    state.hangs = false;
    state.time = 1_000;
    expect(await missing()).toBeUndefined();
  });
});
