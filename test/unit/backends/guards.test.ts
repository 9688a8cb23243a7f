import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import type { ChatEvent } from '../../../src/canonical/index.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { createScriptedBackend } from '../../support/scripted-backend.ts';
import {
  ask,
  createPlannedBackend,
  createTestWatch,
  ended,
  guard,
  hear,
  say,
  saying,
  started,
  typing,
} from './guarding.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const away = new GatewayError('client-closed', 'The client went away');
const refused = new GatewayError('upstream-unavailable', 'Nobody there');

/** A backend that says what it is told to and then nothing, whatever its signal says. */
function createDeafBackend(...batches: (readonly ChatEvent[])[]) {
  const seen: { signal?: AbortSignal; returns: number; fail: (error: Error) => void; end: () => void } = {
    returns: 0,
    fail: () => undefined,
    end: () => undefined,
  };
  const backend: Backend = {
    name: 'deaf',
    answer(_turn, _context, { signal }) {
      seen.signal = signal;
      const steps = [...batches];
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => {
            const value = steps.shift();
            if (value !== undefined) return Promise.resolve({ done: false, value });
            return new Promise((resolve, reject) => {
              seen.fail = reject;
              seen.end = () => resolve({ done: true, value: undefined });
            });
          },
          return: () => {
            seen.returns += 1;
            return new Promise(() => undefined);
          },
        }),
      };
    },
  };
  return { backend, seen };
}

/** A backend that thinks and thinks, and gives nobody else a turn. */
function createThinkingBackend() {
  const signals: AbortSignal[] = [];
  const backend: Backend = {
    name: 'thinker',
    async *answer(_turn, _context, { signal }) {
      signals.push(signal);
      yield [started];
      while (!signal.aborted) yield [typing];
    },
  };
  return { signals, backend };
}

describe('the times of a backend', () => {
  it('end a reply whose first words do not come; signs of life are no words', async () => {
    const { backend, seen } = createDeafBackend([started], [typing], [say('')]);
    const hearing = hear(guard(backend, { timeouts: { firstEventMs: 1_000 } }));
    await vi.advanceTimersByTimeAsync(999);
    expect(seen.signal?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await hearing).toEqual({ batches: [], text: '', code: 'upstream-timeout' });
    expect(seen.signal?.reason).toMatchObject({ code: 'upstream-timeout' });
  });

  it('end a reply that stops growing, counted anew from each batch', async () => {
    const script = createScriptedBackend();
    const hearing = hear(guard(script.backend, { timeouts: { firstEventMs: 100, idleMs: 1_000 } }));
    const reply = await script.next();
    for (const word of ['One', ' two', ' three']) {
      reply.say({ type: 'text-delta', text: word });
      await vi.advanceTimersByTimeAsync(900);
    }
    expect(reply.call.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(await hearing).toMatchObject({ text: 'One two three', code: 'upstream-timeout' });
  });

  it('do not run while the reader takes its time', async () => {
    const script = createScriptedBackend();
    const stream = ask(guard(script.backend, { timeouts: { idleMs: 1_000 } }))[Symbol.asyncIterator]();
    const first = stream.next();
    (await script.next()).say({ type: 'text-delta', text: 'One' });
    expect((await first).value).toContainEqual(say('One'));
    await vi.advanceTimersByTimeAsync(5_000);
    const second = stream.next();
    await vi.advanceTimersByTimeAsync(900);
    script.asked[0]?.say({ type: 'text-delta', text: 'two' });
    expect(await second).toEqual({ done: false, value: [say('two')] });
  });

  it('end a reply that goes on and on (failure 32)', async () => {
    const endless: Backend = {
      name: 'endless',
      async *answer() {
        yield [started];
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 10));
          yield [say('and ')];
        }
      },
    };
    const hearing = hear(guard(endless, { timeouts: { idleMs: 100, totalMs: 1_000 } }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await hearing).toMatchObject({ code: 'upstream-timeout', text: expect.stringMatching(/^(and ){90,100}$/) });
  });

  it('bound the passing on of contacts and ratings too', async () => {
    const signals: AbortSignal[] = [];
    const slow: Backend = {
      ...createPlannedBackend('slow', saying('Hello')),
      forwards: {
        'save-contact': (_input, _conversation, { signal }) => new Promise(() => signals.push(signal)),
      },
    };
    const { forwards } = guard(slow, { timeouts: { totalMs: 1_000 } });
    const { signal } = new AbortController();
    const call = { requestId: 'request', receivedAt: '2026-01-05T10:00:00Z', signal };
    const told = forwards?.['save-contact']?.({ participant: {}, contact: {} }, {} as never, call);
    const failed = expect(told).rejects.toMatchObject({ code: 'upstream-timeout' });
    await vi.advanceTimersByTimeAsync(1_000);
    await failed;
    expect(signals[0]?.aborted).toBe(true);
    expect(forwards?.['rate-conversation']).toBeUndefined();
  });

  it('is left alone with what visitors leave, too, and that within the time of a first word', async () => {
    let told = 0;
    const silent: Backend = {
      ...createPlannedBackend('silent', saying('Hello')),
      forwards: {
        'save-contact': () => {
          told += 1;
          return new Promise(() => undefined);
        },
      },
    };
    const times = { firstEventMs: 100, totalMs: 60_000 };
    const { forwards } = guard(silent, { timeouts: times, breaker: { failures: 2, restMs: 1_000 } });
    const { signal } = new AbortController();
    const call = { requestId: 'request', receivedAt: '2026-01-05T10:00:00Z', signal };
    const tell = async () => forwards?.['save-contact']?.({ participant: {}, contact: {} }, {} as never, call);
    for (let times = 0; times < 2; times += 1) {
      const failed = expect(tell()).rejects.toMatchObject({ code: 'upstream-timeout' });
      await vi.advanceTimersByTimeAsync(100);
      await failed;
    }
    await expect(tell()).rejects.toMatchObject({ code: 'upstream-unavailable' });
    expect(told).toBe(2);
  });
});

describe('a client that leaves', () => {
  it('is not answered at all if it has left before', async () => {
    const backend = createPlannedBackend('early', saying('Hello'));
    expect(await hear(guard(backend), { signal: AbortSignal.abort(away) })).toMatchObject({ code: 'client-closed' });
    expect(backend.asked).toBe(0);
  });

  it.each([
    ['before the first word (failure 22)', [[started]]],
    ['in the midst of a reply (failure 21)', [[started, say('Half')]]],
  ])(
    '%s is not kept by a backend that does not heed its signal, which is told all the same',
    async (_when, batches) => {
      const { backend, seen } = createDeafBackend(...batches);
      const controller = new AbortController();
      const hearing = hear(guard(backend), { signal: controller.signal });
      await vi.advanceTimersByTimeAsync(0);
      controller.abort(away);
      expect(await hearing).toMatchObject({ code: 'client-closed' });
      expect(seen).toMatchObject({ signal: { aborted: true, reason: away }, returns: 1 });
      // What it throws later is nobody's affair: Vitest fails on a rejection that nobody handles.
      seen.fail(new Error('At last'));
      await vi.advanceTimersByTimeAsync(0);
    },
  );

  it('has heard it all if it leaves after the end, which counts once however late the backend stops', async () => {
    const { backend, seen } = createDeafBackend([started, say('All'), ended]);
    const test = createTestWatch();
    const controller = new AbortController();
    const hearing = hear(guard(backend, {}, test), controller);
    await vi.advanceTimersByTimeAsync(0);
    controller.abort(away);
    await hearing;
    seen.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(await test.count('dragoman_backend_attempts_total', { code: 'ok' })).toBe(1);
    expect(await test.count('dragoman_backend_attempts_total')).toBe(1);
    expect(await test.count('dragoman_backend_open')).toBe(0);
  });

  it('leaves nothing behind at whatever moment of the first word it leaves (failure 22)', async () => {
    const test = createTestWatch();
    for (let moment = 0; moment < 16; moment += 1) {
      const controller = new AbortController();
      const leave = (after: number): void =>
        after === 0 ? controller.abort(away) : queueMicrotask(() => leave(after - 1));
      const { backend } = createDeafBackend([started, say('Half')]);
      const leaving: Backend = { ...backend, answer: (...asked) => (leave(moment), backend.answer(...asked)) };
      const guarded = guard(leaving, { timeouts: { firstEventMs: 1_000, idleMs: 1_000, totalMs: 5_000 } }, test);
      expect(await hear(guarded, controller)).toMatchObject({ code: 'client-closed' });
      expect([vi.getTimerCount(), getEventListeners(controller.signal, 'abort')]).toEqual([0, []]);
    }
    expect(await test.count('dragoman_backend_attempts_total')).toBe(16);
    expect(await test.count('dragoman_backend_open')).toBe(0);
  });

  it('may leave by ending its loop', async () => {
    const { backend, seen } = createDeafBackend([started, say('Half')], [say('and half')]);
    const test = createTestWatch();
    for await (const _batch of ask(guard(backend, {}, test))) break;
    expect(seen).toMatchObject({ signal: { aborted: true }, returns: 1 });
    expect(await test.count('dragoman_backend_attempts_total', { code: 'client-closed' })).toBe(1);
  });
});

describe('a reply behind guards', () => {
  it('comes batch by batch as it was said, after its first content', async () => {
    const later = [say(' two'), say(' three')];
    const { batches } = await hear(
      guard(createPlannedBackend('talker', [[started], [typing], [say('One')], later, [ended]])),
    );
    expect(batches).toEqual([[started, typing, say('One')], later, [ended]]);
    expect(batches[1]).toBe(later);
  });

  it.each([
    ['stops without its end', [[started], [say('Half')]]],
    ['stops before it says anything', [[started]]],
    ['begins twice', [[started], [started, say('Half')], [ended]]],
    ['fails by a bug of its own', [[started, say('Half')], new Error('secret')]],
  ])('is counted as what became of it, where it %s (failure 11)', async (_what, plan) => {
    const test = createTestWatch();
    const { code } = await hear(guard(createPlannedBackend('broken', plan), {}, test));
    expect(code).toMatch(/^(upstream-protocol|internal)$/);
    const labels = { backend: 'broken', code: String(code) };
    expect(await test.count('dragoman_backend_attempts_total', labels)).toBe(1);
    expect(await test.count('dragoman_backend_attempts_total', { code: 'ok' })).toBe(0);
  });

  it('is given up where it shows signs of life without end (failure 32)', async () => {
    const { signals, backend } = createThinkingBackend();
    expect(await hear(guard(backend))).toMatchObject({ code: 'upstream-protocol', batches: [] });
    expect(signals[0]?.aborted).toBe(true);
  });

  it('leaves nothing behind, however it ends (failures 26 and 34)', async () => {
    const guards = {
      timeouts: { firstEventMs: 1_000, idleMs: 1_000, totalMs: 5_000 },
      retry: { attempts: 3, waitMs: 10 },
      concurrent: 1,
    };
    const test = createTestWatch();
    const good = createPlannedBackend('good', saying('Hello'));
    const plans = [saying('Hello'), [refused], [[started], refused], [[started, say('Half')], refused], []];
    const deaf = createDeafBackend([started, say('Half')]);
    const { signal } = new AbortController();
    for (const backend of [...plans.map((plan) => createPlannedBackend('planned', plan)), deaf.backend]) {
      const hearing = hear(guard(backend, guards, test), { signal });
      await vi.advanceTimersByTimeAsync(5_000);
      await hearing;
      const leaving = new AbortController();
      const left = hear(guard(backend, guards, test), { signal: leaving.signal });
      leaving.abort(away);
      await left;
      expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
    }
    for await (const _batch of ask(guard(good, guards, test), { signal })) break;
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(await test.count('dragoman_backend_open')).toBe(0);
  });
});

describe('a backend with room for one', () => {
  it('refuses the second, and has room again whatever became of the first (failures 25 and 42)', async () => {
    const test = createTestWatch();
    const script = createScriptedBackend('small');
    const small = guard(script.backend, { concurrent: 1, timeouts: { totalMs: 1_000 } }, test);
    const endings: ((controller: AbortController) => Promise<unknown>)[] = [
      () => script.next().then((reply) => reply.end()),
      () => script.next().then((reply) => reply.fail(refused)),
      (controller) => script.next().then(() => controller.abort(away)),
      () => script.next().then(() => vi.advanceTimersByTimeAsync(1_000)),
    ];
    for (const end of endings) {
      const controller = new AbortController();
      const first = hear(small, controller);
      expect(await hear(small)).toMatchObject({ code: 'upstream-unavailable' });
      await end(controller);
      await first;
    }
    expect(script.asked).toHaveLength(endings.length);
    expect(await test.count('dragoman_backend_refusals_total', { reason: 'concurrent' })).toBe(endings.length);
  });
});
