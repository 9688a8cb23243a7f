import { expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { withFallback } from '../../../src/backends/with-fallback.ts';
import { withWeights } from '../../../src/backends/with-weights.ts';
import type { Turn } from '../../../src/canonical/index.ts';
import { contextOf, turnOf } from './catalog/conversation.ts';
import { createPlannedBackend, createTestWatch, guard, saying } from './guarding.ts';

const waiting = (name: string, waitMs?: number): Backend => ({
  ...createPlannedBackend(name, saying('Hello')),
  waits: () => waitMs,
});

it('the wait for earlier turns takes no longer than a reply may, and is known through every kind of backend', () => {
  const { conversation } = contextOf([]);
  const turn = turnOf('Hi');
  const { watch } = createTestWatch();
  const patient = guard(waiting('patient', Number.POSITIVE_INFINITY), { timeouts: { totalMs: 1_000 } });
  const hasty = waiting('hasty', 10);
  const fallback = withFallback({ name: 'either', parts: [waiting('none'), hasty, patient], watch });
  expect(guard(fallback).waits?.(conversation, turn)).toBe(1_000);
  expect(withWeights({ name: 'some', parts: [{ backend: hasty, weight: 1 }] }).waits?.(conversation, turn)).toBe(10);
  expect(guard(waiting('none')).waits?.(conversation, turn)).toBeUndefined();
});

it('the wait is that of whoever can do what the turn demands, whatever the weights', () => {
  const { conversation } = contextOf([]);
  const { watch } = createTestWatch();
  const usual: Backend = { ...waiting('usual', 10), carries: new Set(['text']) };
  const able = waiting('able', 20);
  const turn: Turn = { ...turnOf('Hi'), parameters: { responseFormat: { type: 'json' } } };
  const weights = withWeights({
    name: 'some',
    parts: [
      { backend: usual, weight: 1_000_000 },
      { backend: able, weight: 1 },
    ],
  });
  expect(weights.waits?.(conversation, turnOf('Hi'))).toBe(10);
  expect(weights.waits?.(conversation, turn)).toBe(20);
  const slow: Backend = { ...waiting('slow', 1_000), carries: new Set(['text']) };
  const fallback = withFallback({ name: 'either', parts: [slow, able], watch });
  expect(fallback.waits?.(conversation, turnOf('Hi'))).toBe(1_000);
  expect(fallback.waits?.(conversation, turn)).toBe(20);
});
