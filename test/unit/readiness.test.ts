import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../src/http/readiness.ts';

function startReadiness() {
  const state = { time: 0, looks: 0, fails: false };
  const check = (): Promise<void> => {
    state.looks += 1;
    return state.fails ? Promise.reject(new Error('no disk')) : Promise.resolve();
  };
  return { state, isReady: createReadiness(check, () => state.time) };
}

describe('readiness', () => {
  it('is looked up once a second, however many ask', async () => {
    const { state, isReady } = startReadiness();
    expect(await Promise.all([isReady(), isReady()])).toEqual([true, true]);
    state.time = 999;
    expect([await isReady(), state.looks]).toEqual([true, 1]);
    state.time = 1_000;
    expect([await isReady(), state.looks]).toEqual([true, 2]);
  });

  it('is lost and found again', async () => {
    const { state, isReady } = startReadiness();
    state.fails = true;
    expect(await isReady()).toBe(false);
    state.fails = false;
    expect(await isReady()).toBe(false);
    state.time = 1_000;
    expect(await isReady()).toBe(true);
  });
});
