import { expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { withFallback } from '../../../src/backends/with-fallback.ts';
import { withWeights } from '../../../src/backends/with-weights.ts';
import { contextOf } from './catalog/conversation.ts';
import { createPlannedBackend, createTestWatch, guard, saying } from './guarding.ts';

const waiting = (name: string, waitMs?: number): Backend => ({
  ...createPlannedBackend(name, saying('Hello')),
  waits: () => waitMs,
});

it('the wait for earlier turns takes no longer than a reply may, and is known through every kind of backend', () => {
  const { conversation } = contextOf([]);
  const { watch } = createTestWatch();
  const patient = guard(waiting('patient', Number.POSITIVE_INFINITY), { timeouts: { totalMs: 1_000 } });
  const hasty = waiting('hasty', 10);
  const fallback = withFallback({ name: 'either', parts: [waiting('none'), hasty, patient], watch });
  expect(guard(fallback).waits?.(conversation)).toBe(1_000);
  expect(withWeights({ name: 'some', parts: [{ backend: hasty, weight: 1 }] }).waits?.(conversation)).toBe(10);
  expect(guard(waiting('none')).waits?.(conversation)).toBeUndefined();
});
