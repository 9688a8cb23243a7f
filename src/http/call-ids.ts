import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { headerOf, readTrace, type ToldTrace, type Trace, type Tracer } from '../observability/trace.ts';

/** By what a call is found again, here and where it came from. */
export interface CallIds {
  readonly requestId: string;
  readonly trace: Trace | undefined;
}

/** Letters, digits and what joins them, so that an id can stand in any log. Our choice. */
const readableId = /^[\w.:+/=@-]{1,128}$/;

/**
 * The `X-Request-Id` of a proxy that is believed, or one of our own; and the trace that the caller is part of, whoever says so: whether
 * it is written down is for such a proxy alone to say. Where calls are written down each has one.
 */
export function idsOf(request: Request | undefined, tracer: Tracer | undefined, name: string): CallIds {
  const { 'x-request-id': id, traceparent } = request?.headers ?? {};
  if (request === undefined || (id === undefined && traceparent === undefined)) {
    return { requestId: randomUUID(), trace: tracer?.call(undefined, name) };
  }
  const isTrusted = comesFromProxy(request);
  const told = typeof traceparent === 'string' ? readTrace(traceparent, isTrusted) : undefined;
  return {
    requestId: isTrusted && typeof id === 'string' && readableId.test(id) ? id : randomUUID(),
    trace: tracer === undefined ? told && passedOn(told) : tracer.call(told, name),
  };
}

/** As it was told, where nothing is written down here. */
const passedOn = ({ id, parent, isSampled = false }: ToldTrace): Trace => ({
  id,
  header: headerOf(id, parent, isSampled),
});

/** Whether what is believed to be a proxy has sent it. */
export function comesFromProxy({ app, socket }: Request): boolean {
  const isTrusted = app.get('trust proxy fn') as (address: string, hop: number) => boolean; // Express's own, of its setting
  return isTrusted(socket.remoteAddress ?? '', 0);
}
