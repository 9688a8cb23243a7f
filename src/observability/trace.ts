/** What W3C Trace Context says of a call: the trace that it is part of, and how that is said to those who are asked for its sake. */
export interface Trace {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /** The `traceparent` of what is asked next. */
  readonly header: string;
}

/** Version 00; a later one may say more behind it (W3C Trace Context, 3.2). */
const traceparent = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The trace that a caller is part of; `undefined` if what they say of it is none. Who is not trusted has nobody write anything down for it. */
export function readTrace(said: string, isTrusted: boolean): Trace | undefined {
  const [, version, id, parent = '', flags = '', rest] = traceparent.exec(said) ?? [];
  if (id === undefined || (version === '00' && rest !== undefined)) return undefined;
  return { id, header: `00-${id}-${parent}-${isTrusted && isSampled(flags) ? '01' : '00'}` };
}

const isSampled = (flags: string): boolean => (Number.parseInt(flags, 16) & 1) === 1;
