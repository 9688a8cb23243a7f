import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ErrorCode, GatewayError, type GatewayErrorDetails } from '../../../src/errors/index.ts';
import { createPlannedBackend, createTestWatch, ended, guard, hear, say, saying, started, typing } from './guarding.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const failure = (code: ErrorCode, details?: GatewayErrorDetails) => new GatewayError(code, 'It failed', details);
const unavailable = failure('upstream-unavailable');
const retry = { attempts: 3, waitMs: 100 };

/** Hears a reply while time runs as fast as it can; tells how long it took. */
async function timed<T>(hearing: Promise<T>): Promise<{ heard: T; tookMs: number }> {
  const startedAt = Date.now();
  let endedAt = 0;
  const done = hearing.finally(() => {
    endedAt = Date.now();
  });
  await vi.advanceTimersByTimeAsync(60_000);
  return { heard: await done, tookMs: endedAt - startedAt };
}

describe('a backend that fails before it says anything', () => {
  it.each([
    ['nothing', []],
    ['that it begins (failure 18)', [[started]]],
    ['that it thinks (failure 17)', [[started, typing], [say('')]]],
  ])('is asked again where it has said %s, and what it says is heard once', async (_what, before) => {
    const test = createTestWatch();
    const backend = createPlannedBackend('moody', [...before, unavailable], saying('Hello'));
    const { heard } = await timed(hear(guard(backend, { retry }, test)));
    expect(heard).toEqual({ batches: [[started, say('Hello')], [ended]], text: 'Hello' });
    expect(await test.count('dragoman_backend_retries_total', { backend: 'moody' })).toBe(1);
    expect(await test.count('dragoman_backend_attempts_total', { code: 'upstream-unavailable' })).toBe(1);
    expect(test.logged).toMatchObject([{ level: 40, backend: 'moody', code: 'upstream-unavailable' }]);
  });

  it('is asked no oftener than it may be, and waits longer each time', async () => {
    const backend = createPlannedBackend('down', [unavailable]);
    const { heard, tookMs } = await timed(hear(guard(backend, { retry: { attempts: 4, waitMs: 100 } })));
    expect([heard.code, backend.asked]).toEqual(['upstream-unavailable', 4]);
    expect(tookMs).toBeGreaterThanOrEqual(50 + 100 + 200);
    expect(tookMs).toBeLessThanOrEqual(100 + 200 + 400);
  });

  it.each([
    ['upstream', 'upstream-unavailable', 2],
    ['openai', 'upstream-unavailable', 2],
    ['upstream', 'upstream-failed', 1],
    ['openai', 'upstream-failed', 2],
    ['anthropic', 'upstream-failed', 2],
    ['openai', 'upstream-timeout', 1],
    ['openai', 'upstream-rejected', 1],
    ['openai', 'invalid-request', 1],
  ] as const)('of type %s is asked for %s %d times', async (type, code, times) => {
    const backend = createPlannedBackend('moody', [failure(code)], saying('Hello'));
    const { watch } = createTestWatch();
    await timed(hear(guard(backend, { retry }, { type, watch })));
    expect(backend.asked).toBe(times);
  });

  it('is given the time that it asks for', async () => {
    const backend = createPlannedBackend(
      'busy',
      [failure('upstream-unavailable', { retryAfterMs: 3_000 })],
      saying('Hello'),
    );
    const { heard, tookMs } = await timed(hear(guard(backend, { retry })));
    expect([heard.text, tookMs]).toEqual(['Hello', 3_000]);
  });

  it.each([
    ['ten seconds', 10_001, {}],
    ['the reply may take', 3_000, { totalMs: 2_000 }],
  ])('is given up at once where it asks for more than %s', async (_what, retryAfterMs, timeouts) => {
    const backend = createPlannedBackend('busy', [failure('upstream-unavailable', { retryAfterMs })]);
    const { heard, tookMs } = await timed(hear(guard(backend, { retry, timeouts })));
    expect([heard.code, tookMs, backend.asked]).toEqual(['upstream-unavailable', 0, 1]);
  });

  it('is not asked again once the client has left', async () => {
    const backend = createPlannedBackend('down', [unavailable]);
    const controller = new AbortController();
    const hearing = hear(guard(backend, { retry: { attempts: 3, waitMs: 1_000 } }), controller);
    await vi.advanceTimersByTimeAsync(100);
    controller.abort(failure('client-closed'));
    expect(await hearing).toMatchObject({ code: 'client-closed' });
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(backend.asked).toBe(1);
  });
});

it('is never asked again after its first word (failure 19)', async () => {
  const backend = createPlannedBackend('broken', [[started], [say('Half')], unavailable], saying('Hello'));
  const { heard } = await timed(hear(guard(backend, { retry })));
  expect(heard).toMatchObject({ text: 'Half', code: 'upstream-unavailable' });
  expect(backend.asked).toBe(1);
});
