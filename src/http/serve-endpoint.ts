import type { Request, Response } from 'express';
import type { AnyEndpoint, Dialect, WireRequest } from '../dialects/dialect.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import { admit, holdUpload, limitAddress } from './admit.ts';
import { answererOf } from './answer.ts';
import { isNamedEarly } from './authenticate.ts';
import type { Gateway } from './gateway.ts';
import { beginHttpCall, cutOff, endCall } from './http-call.ts';
import { createMultipartReader, readJsonBody } from './read-body.ts';
import { renderError } from './render-error.ts';

/** Serves one endpoint of one dialect: each step of a call in its order, every failure in the caller's dialect. */
export function serveEndpoint(gateway: Gateway, dialect: Dialect, endpoint: AnyEndpoint) {
  const guard = schemaGuard<WireRequest>(endpoint.schema.request);
  const readBody = bodyReader(gateway, endpoint);
  const answer = answererOf(endpoint);
  const isSite = dialect.credential.kind === 'site';
  const isUpload = endpoint.bodyForm === 'multipart';
  const { asking, following } = gateway.lifetime;
  const calls = endpoint.operation === 'follow-conversation' ? following : asking;

  return async (request: Request, response: Response): Promise<void> => {
    const http = beginHttpCall(request, response, { dialect, operation: endpoint.operation });
    const running = calls.begin(() => cutOff(http));
    let place: { release(): void } | undefined;
    try {
      await limitAddress(gateway, http);
      // Path parameters of these templates are single segments, which Express gives as text.
      const params = request.params as Readonly<Record<string, string>>;
      const { query, headers } = request;
      const unread: WireRequest = { params, query, headers, body: undefined };
      // Who has no key is refused unread, and a body that cannot be read counts as a call of the key's. A site stands in the body,
      // which is worth a look into the query only where the body is large.
      const isEarly = (isUpload || !isSite) && isNamedEarly(dialect.credential, unread);
      const early = isEarly ? await admit(gateway, http, unread) : undefined;
      if (isUpload) place = holdUpload(gateway, http);
      const wire: WireRequest = { ...unread, body: await readBody(request, response) };
      const caller = early === undefined || isSite ? await admit(gateway, http, wire, early) : early;
      const violations = guard.violations(wire);
      if (violations.length > 0) throw new GatewayError('invalid-request', 'The request is not valid', { violations });
      await answer(gateway, http, { wire, caller });
    } catch (thrown) {
      http.error = toGatewayError(http.call.signal.aborted ? http.call.signal.reason : thrown);
      renderError(http, http.error);
    } finally {
      place?.release();
      endCall(gateway, http);
      running.end();
    }
  };
}

type BodyReader = (request: Request, response: Response) => Promise<unknown>;

function bodyReader({ maxUploadBytes }: Gateway, { bodyForm, method }: AnyEndpoint): BodyReader {
  if (bodyForm === 'multipart') return createMultipartReader('image', maxUploadBytes);
  return method === 'GET' || method === 'DELETE' ? () => Promise.resolve(undefined) : readJsonBody;
}
