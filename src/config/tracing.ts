import { pairsOf } from '../observability/span-exporter.ts';
import type { Environment } from './environment.ts';

/** Where it is written down what becomes of calls. */
export interface TracingConfig {
  /** Of a collector that takes OTLP over HTTP. */
  readonly endpoint: string;
  /** Hold secrets: never told. */
  readonly headers: Readonly<Record<string, string>>;
  /** The part of the calls, from 0 to 1. */
  readonly sample: number;
}

export interface WrittenTracing {
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly sample?: string;
}

/** As it is written, with the headers that OpenTelemetry's variables add; `undefined` where it is off, or they say so. */
export function resolveTracing(written: WrittenTracing | undefined, env: Environment): TracingConfig | undefined {
  if (written === undefined || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const { endpoint, headers = {}, sample = '10%' } = written;
  const told = env['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? env['OTEL_EXPORTER_OTLP_HEADERS'] ?? '';
  return {
    endpoint,
    headers: { ...Object.fromEntries(pairsOf(told)), ...headers },
    sample: Number.parseFloat(sample) / 100,
  };
}
