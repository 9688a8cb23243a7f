import { describe, expect, it } from 'vitest';
import type { Backend, ForwardedOperation } from '../../../src/backends/backend.ts';
import { withFallback } from '../../../src/backends/with-fallback.ts';
import { type ErrorCode, GatewayError } from '../../../src/errors/index.ts';
import { callOf, contextOf } from './catalog/conversation.ts';
import { createPlannedBackend, createTestWatch, ended, guard, hear, say, saying, started, typing } from './guarding.ts';

const failure = (code: ErrorCode) => new GatewayError(code, 'It failed, said a visitor');
const failed = failure('upstream-failed');

/** The parts, each behind guards, as one backend. */
function fallbackOf(...parts: Backend[]) {
  const test = createTestWatch();
  const guarded = parts.map((part) => guard(part, {}, test));
  return { ...test, backend: withFallback({ name: 'safe', parts: guarded, watch: test.watch }) };
}

describe('a fallback', () => {
  it.each([
    ['nothing', []],
    ['that it begins (failure 18)', [[started]]],
    ['that it thinks (failure 17)', [[started, typing], [say('')]]],
  ])('asks the next where the first fails and has said %s, and only the second is heard', async (_what, before) => {
    const { backend, count, logged } = fallbackOf(
      createPlannedBackend('llm', [...before, failed]),
      createPlannedBackend('shop', saying('Hello')),
    );
    expect(await hear(backend)).toEqual({ batches: [[started, say('Hello')], [ended]], text: 'Hello' });
    expect(await count('dragoman_backend_switches_total', { backend: 'llm', to: 'shop' })).toBe(1);
    expect(logged).toMatchObject([{ level: 40, backend: 'llm', to: 'shop', code: 'upstream-failed' }]);
    expect(JSON.stringify(logged)).not.toContain('visitor');
  });

  it('asks the next where the first stops without a word', async () => {
    const { backend } = fallbackOf(createPlannedBackend('llm', []), createPlannedBackend('shop', saying('Hello')));
    expect(await hear(backend)).toMatchObject({ text: 'Hello' });
  });

  it('asks nobody else once something was said (failure 19)', async () => {
    const second = createPlannedBackend('shop', saying('Hello'));
    const { backend } = fallbackOf(createPlannedBackend('llm', [[started], [say('Half')], failed]), second);
    expect(await hear(backend)).toMatchObject({ text: 'Half', code: 'upstream-failed' });
    expect(second.asked).toBe(0);
  });

  it('fails as the last one fails', async () => {
    const parts = (['upstream-failed', 'upstream-timeout', 'upstream-rejected'] as const).map((code) =>
      createPlannedBackend(code, [failure(code)]),
    );
    const { backend, count } = fallbackOf(...parts);
    expect(await hear(backend)).toEqual({ batches: [], text: '', code: 'upstream-rejected' });
    expect(await count('dragoman_backend_switches_total')).toBe(2);
  });

  it('asks the next after those failures alone that it lists', async () => {
    const test = createTestWatch();
    const hearAfter = (code: ErrorCode) => {
      const parts = [createPlannedBackend('llm', [failure(code)]), createPlannedBackend('shop', saying('Hello'))];
      const guarded = parts.map((part) => guard(part, {}, test));
      const on = new Set<ErrorCode>(['context-overflow', 'content-filter', 'quota']);
      return hear(withFallback({ name: 'safe', parts: guarded, watch: test.watch, on }));
    };
    for (const code of ['context-overflow', 'content-filter', 'quota'] as const) {
      expect(await hearAfter(code), code).toMatchObject({ text: 'Hello' });
    }
    for (const code of ['upstream-failed', 'upstream-timeout', 'unauthorised-key'] as const) {
      expect(await hearAfter(code), code).toEqual({ batches: [], text: '', code });
    }
  });

  it.each(['invalid-request', 'client-closed'] as const)('asks nobody else after %s', async (code) => {
    const second = createPlannedBackend('shop', saying('Hello'));
    const { backend } = fallbackOf(createPlannedBackend('llm', [failure(code)]), second);
    expect(await hear(backend)).toMatchObject({ code });
    expect(second.asked).toBe(0);
  });

  it.each(['client-closed', 'upstream-timeout'] as const)('asks nobody else once it is over by %s', async (code) => {
    const controller = new AbortController();
    const first = createPlannedBackend('llm', [[started], failed]);
    const leaving: Backend = {
      ...first,
      answer(...asked) {
        controller.abort(failure(code));
        return first.answer(...asked);
      },
    };
    const second = createPlannedBackend('shop', saying('Hello'));
    const { backend, count } = fallbackOf(leaving, second);
    expect(await hear(backend, controller)).toMatchObject({ code });
    expect(second.asked).toBe(0);
    expect(await count('dragoman_backend_switches_total')).toBe(0);
  });

  it('carries what all its parts carry', () => {
    const carrying = (...fields: ('text' | 'output.text' | 'output.items')[]): Backend => ({
      ...createPlannedBackend('part', saying('Hello')),
      carries: new Set(fields),
    });
    const all = createPlannedBackend('all', saying('Hello'));
    const { backend } = fallbackOf(
      carrying('text', 'output.text'),
      all,
      carrying('output.items', 'text'),
      carrying('text', 'output.text'),
    );
    expect([...(backend.carries ?? [])]).toEqual(['text']);
    expect(fallbackOf(all, all).backend.carries).toBeUndefined();
  });
});

describe('what visitors leave, to a fallback', () => {
  const told: string[] = [];
  const taking = (name: string, operation: ForwardedOperation, error?: Error): Backend => ({
    ...createPlannedBackend(name, saying('Hello')),
    forwards: {
      [operation]: async () => {
        told.push(name);
        await Promise.resolve();
        if (error !== undefined) throw error;
      },
    },
  });

  it('goes to the first part that takes it, and to the next that does if that fails', async () => {
    const none = createPlannedBackend('none', saying('Hello'));
    const rates = taking('rates', 'rate-conversation');
    const { backend } = fallbackOf(none, taking('down', 'save-contact', failed), rates, taking('up', 'save-contact'));
    const contact = { participant: {}, contact: { email: 'ann@example.com' } };
    await backend.forwards?.['save-contact']?.(contact, contextOf().conversation, callOf());
    expect(told).toEqual(['down', 'up']);
    expect(fallbackOf(none).backend.forwards).toBeUndefined();
    expect(fallbackOf(none, rates).backend.forwards).not.toHaveProperty('save-contact');
  });
});
