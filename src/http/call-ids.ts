import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { readTrace, type Trace } from '../observability/trace.ts';

/** By what a call is found again, here and where it came from. */
export interface CallIds {
  readonly requestId: string;
  readonly trace: Trace | undefined;
}

/** Letters, digits and what joins them, so that an id can stand in any log. Our choice. */
const readableId = /^[\w.:+/=@-]{1,128}$/;

/**
 * The `X-Request-Id` of a proxy that is believed, or one of our own; and the trace that the caller is part of, whoever says so: whether
 * it is written down is for such a proxy alone to say.
 */
export function idsOf(request: Request | undefined): CallIds {
  const { 'x-request-id': id, traceparent } = request?.headers ?? {};
  if (request === undefined || (id === undefined && traceparent === undefined)) {
    return { requestId: randomUUID(), trace: undefined };
  }
  const isTrusted = comesFromProxy(request);
  return {
    requestId: isTrusted && typeof id === 'string' && readableId.test(id) ? id : randomUUID(),
    trace: typeof traceparent === 'string' ? readTrace(traceparent, isTrusted) : undefined,
  };
}

/** Whether what is believed to be a proxy has sent it. */
export function comesFromProxy({ app, socket }: Request): boolean {
  const isTrusted = app.get('trust proxy fn') as (address: string, hop: number) => boolean; // Express's own, of its setting
  return isTrusted(socket.remoteAddress ?? '', 0);
}
