import type { Request, Response } from 'express';
import type { OperationName } from '../canonical/index.ts';
import type { AnyEndpoint, Dialect, WireRequest } from '../dialects/dialect.ts';
import { schemaGuard } from '../dialects/schema.ts';
import { GatewayError, toGatewayError } from '../errors/index.ts';
import { type AdmittedCall, admissionOf, createHeld } from './admission.ts';
import { limitAddress } from './admit.ts';
import { answererOf } from './answer.ts';
import { endCall } from './end-call.ts';
import type { Gateway } from './gateway.ts';
import { beginHttpCall, endingOf, type HttpCall } from './http-call.ts';
import type { Observation } from './pass-through/observations.ts';
import { passCall } from './pass-through/proxy-call.ts';
import { renderError } from './render-error.ts';

/** What these give out is gone then: a HEAD of theirs asks whether, and takes nothing. */
const handsOut = new Set<OperationName>(['collect-operator-messages', 'collect-nudges']);

interface Served {
  readonly endpoint: AnyEndpoint;
  /** The one of its paths where it is served. */
  readonly path: string;
}

/** Serves one endpoint of one dialect: each step of a call in its order, every failure in the caller's dialect. */
export function serveEndpoint(gateway: Gateway, dialect: Dialect, { endpoint, path }: Served) {
  const enter = admissionOf(gateway, dialect, endpoint);
  const guard = schemaGuard<WireRequest>(endpoint.schema.request);
  const answer = answererOf(endpoint);
  const { asking, following, passing } = gateway.lifetime;
  const calls = endpoint.operation === 'follow-conversation' ? following : asking;

  const serve = (http: HttpCall, { wire, caller }: AdmittedCall): Promise<void> | undefined => {
    const violations = guard.violations(wire);
    if (violations.length > 0) throw new GatewayError('invalid-request', 'The request is not valid', { violations });
    if (http.request.method !== 'HEAD' || !handsOut.has(endpoint.operation))
      return answer(gateway, http, { wire, caller });
    http.response.status(200).type('json').end();
    return undefined;
  };

  return async (request: Request, response: Response): Promise<void> => {
    const http = beginHttpCall(request, response, {
      dialect,
      operation: endpoint.operation,
      tracer: gateway.tracer,
      path,
    });
    let running = calls.begin(endingOf(http));
    const held = createHeld();
    try {
      const limiting = limitAddress(gateway, http);
      if (limiting instanceof Promise) await limiting;
      const entered = await enter(http, held);
      if (entered.passed === undefined) await serve(http, entered);
      else {
        running.end();
        running = passing.begin(endingOf(http));
        const copy = copyTurn(gateway, http, { endpoint, admitted: entered.caller });
        await passCall(gateway, http, { ...entered.passed, events: endpoint.events, copy });
      }
    } catch (thrown) {
      http.error = toGatewayError(http.call.signal.aborted ? http.call.signal.reason : thrown);
      renderError(http, http.error);
    } finally {
      held.release();
      endCall(gateway, http);
      running.end();
    }
  };
}

/** Counts a turn of a caller who migrates, which the old side answers, and has what is said in it kept. */
function copyTurn(
  { services, observations }: Gateway,
  http: HttpCall,
  { endpoint, admitted }: { readonly endpoint: AnyEndpoint; readonly admitted: AdmittedCall['caller'] },
): Observation | undefined {
  const { principal, caller } = admitted;
  const migration = endpoint.operation === 'send-message' ? principal?.migration : undefined;
  if (migration === undefined || !('tenant' in caller)) return undefined;
  services.migrations.turn(migration.config, 'from');
  return observations.begin(http, { caller, migration });
}
