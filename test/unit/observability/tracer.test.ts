import { expect, it } from 'vitest';
import type { EndedSpan } from '../../../src/observability/span-exporter.ts';
import { createTracer } from '../../../src/observability/tracer.ts';

function start(sample: number) {
  const spans: EndedSpan[] = [];
  const tracer = createTracer({ sample, export: (span) => spans.push(span), close: () => Promise.resolve() });
  return { tracer, spans };
}

const told = { id: 'a'.repeat(32), parent: 'b'.repeat(16), isSampled: true };

it('a call that is not written down is no part of the one before it on its connection', () => {
  const { tracer, spans } = start(0);
  tracer.call(told, 'first').span?.end();
  tracer.call(undefined, 'second');
  expect(tracer.current()).toBeUndefined();
  expect(spans.map(({ name }) => name)).toEqual(['first']);
});

it('what begins after a call was written down is written by itself, and the call not again', () => {
  const { tracer, spans } = start(1);
  const { span } = tracer.call(undefined, 'call');
  span?.end();
  span?.begin('late', 'internal').span.end();
  expect(spans.map(({ name }) => name)).toEqual(['call', 'late']);
});

it('a call ends with the last of its steps', () => {
  const { tracer, spans } = start(1);
  const { span } = tracer.call(undefined, 'call');
  const step = span?.begin('step', 'client');
  span?.end();
  expect(spans).toEqual([]);
  step?.span.end();
  expect(spans.map(({ name }) => name)).toEqual(['step', 'call']);
});
