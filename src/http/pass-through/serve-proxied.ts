import { toGatewayError } from '../../errors/index.ts';
import { readHead } from '../admission.ts';
import { admit, limitAddress } from '../admit.ts';
import { isNamedEarly } from '../authenticate.ts';
import { teeBody } from '../body-tee.ts';
import { endCall } from '../end-call.ts';
import type { Gateway } from '../gateway.ts';
import { beginHttpCall, endingOf, type HttpCall } from '../http-call.ts';
import { inTime } from '../pace.ts';
import { bodySize, maxBodyBytes, readPageBody } from '../read-body.ts';
import { renderError } from '../render-error.ts';
import type { PassedRoute } from './proxied-routes.ts';
import { type PassedCall, passCall } from './proxy-call.ts';

/** Passes on a request that no endpoint serves: limits and credential first, every failure in the route's dialect. Never rejects. */
export async function servePassed(
  gateway: Gateway,
  route: PassedRoute,
  { request, response }: Pick<HttpCall, 'request' | 'response'>,
): Promise<void> {
  const http = beginHttpCall(request, response, {
    dialect: route.dialect,
    operation: 'passthrough',
    tracer: gateway.tracer,
    path: route.path,
  });
  const running = gateway.lifetime.passing.begin(endingOf(http));
  try {
    await limitAddress(gateway, http);
    await passCall(gateway, http, { origin: route.origin, ...(await enter(gateway, route, http)) });
  } catch (thrown) {
    http.error = toGatewayError(http.call.signal.aborted ? http.call.signal.reason : thrown);
    renderError(http, http.error);
  } finally {
    endCall(gateway, http);
    running.end();
  }
}

/** Who calls. A site may be named in the body alone, which then goes on as it came. */
async function enter(
  gateway: Gateway,
  { dialect, isOpen }: PassedRoute,
  http: HttpCall,
): Promise<Omit<PassedCall, 'origin'>> {
  if (isOpen) return { caller: undefined };
  const { request, response } = http;
  const unread = readHead(request);
  if (isNamedEarly(dialect.credential, unread)) return { caller: await admit(gateway, http, unread) };
  const hold = gateway.permits.acquireBody(bodySize(request, maxBodyBytes), false);
  const kept = teeBody(request, maxBodyBytes);
  try {
    const body = await inTime(gateway, http, readPageBody(request, response));
    return { caller: await admit(gateway, http, { ...unread, body }), body: kept.whole() };
  } finally {
    kept.stop();
    hold?.release();
  }
}
