import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { EndedSpan } from './span-exporter.ts';
import { type Attributes, headerOf, type Span, type SpanKind, type Traced, type Tracer } from './trace.ts';

export interface TracerOptions {
  /** The part of the calls that is written down, from 0 to 1, where no caller who is believed says so. */
  readonly sample: number;
  /** Given each span when it has ended. */
  export(span: EndedSpan): void;
  close(): Promise<void>;
}

/** Writes calls down. Loaded where that is wanted alone. */
export function createTracer({ sample, export: send, close }: TracerOptions): Tracer {
  const served = new AsyncLocalStorage<Span | undefined>();
  return {
    call(told, name) {
      const id = told?.id ?? newId(16);
      const isSampled = told?.isSampled ?? Math.random() < sample;
      if (!isSampled) {
        // Calls of one connection come one after the other in one context.
        served.enterWith(undefined);
        return { id, header: headerOf(id, told?.parent ?? newId(8), false) };
      }
      const traced = beginSpan({ id, parent: told?.parent, name, kind: 'server', send });
      served.enterWith(traced.span);
      return traced;
    },
    current: () => served.getStore(),
    close,
  };
}

const newId = (bytes: number): string => randomBytes(bytes).toString('hex');

interface Beginning {
  readonly id: string;
  readonly parent: string | undefined;
  readonly name: string;
  readonly kind: SpanKind;
  readonly send: TracerOptions['export'];
  readonly attributes?: Attributes | undefined;
  readonly whenEnded?: () => void;
}

function beginSpan({ id, parent, name, kind, send, attributes, whenEnded }: Beginning): Traced {
  const spanId = newId(8);
  const startedAt = now();
  let known: Attributes = { ...attributes };
  let error: string | undefined;
  let isEnded = false;
  /** Itself, and those that are part of it. */
  let open = 1;
  let isSent = false;
  const leave = (): void => {
    open -= 1;
    // What begins after it was sent, such as a reply that is stored late, is sent by itself.
    if (open > 0 || isSent) return;
    isSent = true;
    send({ traceId: id, spanId, parent, name, kind, startedAt, endedAt: now(), attributes: known, error });
    whenEnded?.();
  };
  const span: Span = {
    begin(of, its, with_) {
      open += 1;
      return beginSpan({ id, parent: spanId, name: of, kind: its, send, attributes: with_, whenEnded: leave });
    },
    set(more) {
      known = { ...known, ...more };
    },
    end(failure) {
      if (isEnded) return;
      isEnded = true;
      error = failure;
      leave();
    },
  };
  return { id, header: headerOf(id, spanId, true), span };
}

/** Milliseconds since the epoch, with what is finer than one. */
const now = (): number => performance.timeOrigin + performance.now();
