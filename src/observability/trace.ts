/** What W3C Trace Context says of a call: the trace that it is part of, and how that is said to those who are asked for its sake. */
export interface Trace {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** The `traceparent` of what is asked next. */
  readonly header: string;
  /** Where it is written down what becomes of it; absent where nobody does. */
  readonly span?: Span;
}

/** Names of OpenTelemetry's conventions, and of ours; what is undefined is not said. Never a text of anybody's, nor a secret. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type SpanKind = 'internal' | 'server' | 'client';

/** A step of a trace that is written down. */
export interface Span {
  begin(name: string, kind: SpanKind, attributes?: Attributes): Traced;
  set(attributes: Attributes): void;
  /** Ends it, as one that failed if it says with what; harmless after that. One that others are part of ends with the last of them. */
  end(error?: string): void;
}

export interface Traced extends Trace {
  readonly span: Span;
}

/** What is written down of calls. */
export interface Tracer {
  /** Begins a call, as part of a trace that its caller told, or of one of its own; written down if the caller or chance has it so. */
  call(told: ToldTrace | undefined, name: string): Trace;
  /** The call that is being served here. */
  current(): Span | undefined;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** The trace that a caller is part of. */
export interface ToldTrace {
  readonly id: string;
  /** 16 lower-case hex digits. */
  readonly parent: string;
  /** Whether it is written down; `undefined` where who says so is not believed. */
  readonly isSampled: boolean | undefined;
}

/** Version 00; a later one may say more behind it (W3C Trace Context, 3.2). */
const traceparent = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The trace that a caller is part of; `undefined` if what they say of it is none. Who is not trusted has nobody write anything down for it. */
export function readTrace(said: string, isTrusted: boolean): ToldTrace | undefined {
  const [, version, id, parent = '', flags = '', rest] = traceparent.exec(said) ?? [];
  if (id === undefined || (version === '00' && rest !== undefined)) return undefined;
  return { id, parent, isSampled: isTrusted ? (Number.parseInt(flags, 16) & 1) === 1 : undefined };
}

/** How a trace is told on. */
export const headerOf = (id: string, span: string, isSampled: boolean): string =>
  `00-${id}-${span}-${isSampled ? '01' : '00'}`;
