import { randomUUID } from 'node:crypto';
import type { Attributes, SpanKind } from './trace.ts';

/** A step of a trace that is over; times in milliseconds since the epoch. */
export interface EndedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly error: string | undefined;
}

export interface ExporterOptions {
  /** Where a collector takes OTLP over HTTP. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the program is, in names of OpenTelemetry's conventions. */
  readonly resource: Attributes;
  /** Told how many were left out, and why: the collector is away, slow, or does not take them. */
  whenDropped(count: number, reason: string): void;
  /** Told when the collector takes a batch. */
  whenTaken(): void;
}

/** So many spans wait at most, go at a time, and so long, in milliseconds; a collector that takes longer has lost them. Our choice. */
const maxWaiting = 4_096;
const maxAtOnce = 512;
const everyMs = 1_000;
const patienceMs = 5_000;

/** Sends spans on, a batch at a time. What a collector does not take is left out and counted: nobody waits for it, and nothing grows. */
export function createExporter({ endpoint, headers, resource, whenDropped, whenTaken }: ExporterOptions) {
  let waiting: EndedSpan[] = [];
  let sending: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const post = async (batch: readonly EndedSpan[]): Promise<void> => {
    try {
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(encode(batch, resource)),
        redirect: 'error',
        signal: AbortSignal.timeout(patienceMs),
      });
      await answer.body?.cancel();
      if (answer.ok) whenTaken();
      else whenDropped(batch.length, `it answers ${answer.status}`);
    } catch (thrown) {
      whenDropped(batch.length, thrown instanceof Error ? thrown.message : 'it does not answer');
    }
  };
  const send = (): Promise<void> => {
    if (sending !== undefined) return sending;
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.slice(0, maxAtOnce);
    waiting = waiting.slice(maxAtOnce);
    sending = post(batch).finally(() => {
      sending = undefined;
      if (waiting.length > 0) plan();
    });
    return sending;
  };
  const plan = (): void => {
    if (sending !== undefined) return;
    if (waiting.length >= maxAtOnce) void send();
    else timer ??= setTimeout(() => void send(), everyMs).unref();
  };
  return {
    export(span: EndedSpan): void {
      if (waiting.length >= maxWaiting) {
        whenDropped(1, 'more wait than may');
        return;
      }
      waiting.push(span);
      plan();
    },
    /** Sends what waits, once, and not for longer than a batch may take. */
    async close(): Promise<void> {
      await sending;
      if (waiting.length > 0) await send();
      clearTimeout(timer);
    },
  };
}

/** What the program says of itself, as `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` have it. */
export function resourceOf(env: Readonly<Record<string, string | undefined>>, version: string): Attributes {
  const said = Object.fromEntries(pairsOf(env['OTEL_RESOURCE_ATTRIBUTES'] ?? ''));
  const name = env['OTEL_SERVICE_NAME'] || said['service.name'] || 'dragoman';
  return { 'service.version': version, 'service.instance.id': randomUUID(), ...said, 'service.name': name };
}

/** `key=value` by commas, with `%` for what cannot stand there (W3C Baggage). */
export function pairsOf(text: string): readonly (readonly [string, string])[] {
  return text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    return key === '' ? [] : [[key, decoded(pair.slice(at + 1).trim())] as const];
  });
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** As OTLP has them (opentelemetry-proto, `trace.proto`). */
const kinds: Readonly<Record<SpanKind, number>> = { internal: 1, server: 2, client: 3 };

const encode = (batch: readonly EndedSpan[], resource: Attributes) => ({
  resourceSpans: [
    {
      resource: { attributes: encodeAttributes(resource) },
      scopeSpans: [{ scope: { name: 'dragoman' }, spans: batch.map(encodeSpan) }],
    },
  ],
});

const encodeSpan = ({ traceId, spanId, parent, name, kind, startedAt, endedAt, attributes, error }: EndedSpan) => ({
  traceId,
  spanId,
  ...(parent !== undefined && { parentSpanId: parent }),
  name,
  kind: kinds[kind],
  startTimeUnixNano: nanoseconds(startedAt),
  endTimeUnixNano: nanoseconds(endedAt),
  attributes: encodeAttributes(error === undefined ? attributes : { ...attributes, 'error.type': error }),
  status: error === undefined ? {} : { code: 2 },
});

const nanoseconds = (milliseconds: number): string => String(BigInt(Math.round(milliseconds * 1_000)) * 1_000n);

const encodeAttributes = (attributes: Attributes) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: encodeValue(value) }],
  );

function encodeValue(value: NonNullable<Attributes[string]>): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}
