import { expect, it } from 'vitest';
import { createExporter, resourceOf } from '../../../src/observability/span-exporter.ts';
import { runCollector } from '../../support/collector.ts';

const span = (at: number) => ({
  traceId: 'a'.repeat(32),
  spanId: String(at).padStart(16, '0'),
  parent: undefined,
  name: 'step',
  kind: 'internal' as const,
  startedAt: 1_000,
  endedAt: 1_000.5,
  attributes: {},
  error: undefined,
});

it('keeps so many spans at most for a collector that does not answer, and counts the rest', async () => {
  const collector = await runCollector(() => undefined);
  let dropped = 0;
  const { endpoint } = collector;
  const exporter = createExporter({
    endpoint,
    headers: {},
    resource: {},
    whenDropped: (count) => (dropped += count),
    whenTaken: () => expect.unreachable(),
  });
  for (let at = 0; at < 20_000; at += 1) exporter.export(span(at));
  expect(dropped).toBe(20_000 - 512 - 4_096);
  await collector.close();
});

it('sends each span once, in its order, and the last when it is closed', async () => {
  const collector = await runCollector();
  const { endpoint } = collector;
  const exporter = createExporter({
    endpoint,
    headers: {},
    resource: {},
    whenDropped: () => expect.unreachable(),
    whenTaken: () => undefined,
  });
  for (let at = 0; at < 600; at += 1) exporter.export(span(at));
  await exporter.close();
  expect(collector.spans().map(({ spanId }) => Number(spanId))).toEqual(Array.from({ length: 600 }, (_, at) => at));
  expect(collector.spans()[0]).toMatchObject({ startTimeUnixNano: '1000000000', endTimeUnixNano: '1000500000' });
  await collector.close();
});

it('says what program it is as the variables of OpenTelemetry have it', () => {
  expect(resourceOf({}, '1.2.3')).toMatchObject({ 'service.name': 'dragoman', 'service.version': '1.2.3' });
  const said = {
    OTEL_SERVICE_NAME: 'shop',
    OTEL_RESOURCE_ATTRIBUTES: 'service.name=other, deployment.environment=a%20b',
  };
  expect(resourceOf(said, '1')).toMatchObject({ 'service.name': 'shop', 'deployment.environment': 'a b' });
});
