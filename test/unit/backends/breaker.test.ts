import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, GatewayError } from '../../../src/errors/index.ts';
import { createScriptedBackend } from '../../support/scripted-backend.ts';
import { createTestWatch, guard, hear } from './guarding.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const failure = (code: ErrorCode) => new GatewayError(code, 'It failed');

/** A backend whose breaker opens at two failures, for a minute. */
function createBroken() {
  const test = createTestWatch();
  const script = createScriptedBackend('llm');
  const backend = guard(script.backend, { breaker: { failures: 2, restMs: 60_000 }, timeouts: {} }, test);
  return {
    ...test,
    script,
    hear: (signal?: AbortSignal) => hear(backend, signal && { signal }),
    async failWith(...codes: ErrorCode[]) {
      for (const code of codes) {
        const hearing = hear(backend);
        (await script.next()).fail(failure(code));
        expect(await hearing).toMatchObject({ code });
      }
    },
    async answers() {
      const hearing = hear(backend);
      (await script.next()).end();
      expect(await hearing).not.toHaveProperty('code');
    },
    /** Whether it is left alone: asked again, it would be. */
    async isLeftAlone() {
      const before = script.asked.length;
      const { code } = await hear(backend);
      expect(script.asked).toHaveLength(before);
      return code === 'upstream-unavailable';
    },
    isOpen: () => test.count('dragoman_breaker_open', { backend: 'llm' }),
  };
}

describe('a breaker', () => {
  it('leaves a backend alone after its failures, says for how long, and tells of it once', async () => {
    const llm = createBroken();
    await llm.failWith('upstream-failed', 'upstream-timeout');
    expect(await llm.isLeftAlone()).toBe(true);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await llm.isLeftAlone()).toBe(true);
    expect(await llm.isOpen()).toBe(1);
    expect(await llm.count('dragoman_backend_refusals_total', { reason: 'breaker' })).toBe(2);
    expect(llm.logged).toMatchObject([{ level: 40, backend: 'llm', restMs: 60_000 }]);
  });

  it('counts failures in a row', async () => {
    const llm = createBroken();
    await llm.failWith('upstream-failed');
    await llm.answers();
    await llm.failWith('upstream-failed');
    expect(await llm.isOpen()).toBe(0);
    await llm.answers();
  });

  it('counts a reply that breaks off in its midst', async () => {
    const llm = createBroken();
    for (let times = 0; times < 2; times += 1) {
      const hearing = llm.hear();
      const reply = await llm.script.next();
      reply.say({ type: 'text-delta', text: 'Half' });
      reply.fail(failure('upstream-failed'));
      await hearing;
    }
    expect(await llm.isLeftAlone()).toBe(true);
  });

  it.each(['upstream-rejected', 'invalid-request', 'rate-limited'] as const)('does not count %s', async (code) => {
    const llm = createBroken();
    await llm.failWith(code, code, code);
    await llm.answers();
  });

  it('does not count clients that leave, nor what is counted as theirs (failure 24)', async () => {
    const llm = createBroken();
    for (let times = 0; times < 3; times += 1) {
      const controller = new AbortController();
      const hearing = llm.hear(controller.signal);
      await llm.script.next();
      controller.abort(failure('client-closed'));
      expect(await hearing).toMatchObject({ code: 'client-closed' });
    }
    await llm.answers();
    expect(await llm.count('dragoman_backend_attempts_total', { code: 'client-closed' })).toBe(3);
    expect(await llm.count('dragoman_backend_attempts_total')).toBe(4);
  });
});

describe('a backend that has rested', () => {
  async function createRested() {
    const llm = createBroken();
    await llm.failWith('upstream-failed', 'upstream-failed');
    await vi.advanceTimersByTimeAsync(60_000);
    return llm;
  }

  it('is tried with one reply, whose first word brings the others back', async () => {
    const llm = await createRested();
    const trial = llm.hear();
    const reply = await llm.script.next();
    expect(await llm.isLeftAlone()).toBe(true);
    reply.say({ type: 'text-delta', text: 'Well' });
    await vi.advanceTimersByTimeAsync(0);
    await llm.answers();
    expect(await llm.isOpen()).toBe(0);
    expect(llm.logged).toMatchObject([{ level: 40 }, { level: 30, backend: 'llm' }]);
    reply.end();
    await trial;
  });

  it('rests again if that fails', async () => {
    const llm = await createRested();
    await llm.failWith('upstream-failed');
    expect(await llm.isLeftAlone()).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    await llm.answers();
  });

  it('is tried with the next reply if the client of the first leaves (failure 24)', async () => {
    const llm = await createRested();
    const controller = new AbortController();
    const trial = llm.hear(controller.signal);
    await llm.script.next();
    expect(await llm.isLeftAlone()).toBe(true);
    controller.abort(failure('client-closed'));
    await trial;
    expect(await llm.isOpen()).toBe(1);
    await llm.answers();
    expect(await llm.isOpen()).toBe(0);
    expect(llm.logged).toMatchObject([{ level: 40 }, { level: 30 }]);
  });
});
