import type { OperationName } from '../../canonical/index.ts';
import { sideOfCall } from '../../conversations/migrating.ts';
import type { AnyEndpoint, Codec, Dialect, SocketEndpoint, WireRequest } from '../../dialects/dialect.ts';
import { schemaGuard } from '../../dialects/schema.ts';
import type { LiveMigration } from '../../migrations/migrations.ts';
import type { Side } from '../../migrations/sides.ts';
import type { Admitted } from '../admit.ts';
import { keyHolder } from '../authenticate.ts';
import type { Principal } from '../caller-registry.ts';
import type { Gateway } from '../gateway.ts';
import type { GatewayCall } from '../http-call.ts';
import type { ProxiedOrigin } from './origin-proxy.ts';
import { originOfMigration, type PassedRoute } from './proxied-routes.ts';

/** A call that was read, of a caller whose conversations have sides of their own. */
interface ReadCall {
  readonly endpoint: AnyEndpoint | SocketEndpoint;
  readonly wire: WireRequest;
  readonly principal: Principal;
}

type Facts = Pick<GatewayCall, 'dialect' | 'call' | 'exchange'>;

/** The origin that conversations of a caller are passed to, while each has a side of its own. */
const drawnOrigin = (
  { passThrough }: Gateway,
  { migration }: Pick<Principal, 'migration'>,
): ProxiedOrigin | undefined => migration && originOfMigration(passThrough, migration, 'each');

/** Whether calls of a caller are passed on or not, each as its conversation has it. */
export function isDrawn(
  gateway: Gateway,
  caller: Admitted | undefined,
): caller is Admitted & { readonly principal: Principal } {
  const principal = caller?.principal;
  return principal?.migration !== undefined && drawnOrigin(gateway, principal) !== undefined;
}

/** The origin that a call is passed to as its conversation has it, if it is. What cannot be read is the old side's to answer. */
export async function drawOrigin(gateway: Gateway, facts: Facts, read: ReadCall): Promise<ProxiedOrigin | undefined> {
  const { migration } = read.principal;
  const origin = drawnOrigin(gateway, read.principal);
  if (migration === undefined || origin === undefined) return undefined;
  return (await sideOfRead(gateway, facts, { ...read, migration })) === 'from' ? origin : undefined;
}

async function sideOfRead(
  { services }: Gateway,
  { dialect, call, exchange }: Facts,
  { endpoint, wire, principal, migration }: ReadCall & { readonly migration: LiveMigration },
): Promise<Side> {
  if (!schemaGuard(endpoint.schema.request).accepts(wire)) return 'from';
  const request: Pick<Codec<WireRequest, unknown>, 'decode'> = endpoint.request;
  const input = readInput(() => request.decode(wire, exchange));
  if (input === undefined) return 'from';
  const operation: OperationName = endpoint.operation;
  const { tenant, site } = principal;
  const caller = { tenant, dialect, ...(site && { site: site.key }) };
  return sideOfCall(services, { operation, input, migration }, caller, call.requestId);
}

function readInput(decode: () => unknown): object | undefined {
  try {
    return Object(decode()) as object; // every input is one
  } catch {
    return undefined;
  }
}

/** The route of a socket whose conversation is the old side's, while each has a side of its own; absent where nobody has to be asked. */
export function drawnSocketRoute(
  gateway: Gateway,
  { dialect, endpoint }: { readonly dialect: Dialect; readonly endpoint: SocketEndpoint },
  wire: WireRequest,
): Promise<PassedRoute | undefined> | undefined {
  const principal = keyHolder(gateway.callers, { places: dialect.credential, carrier: 'socket' }, wire);
  if (principal === undefined || drawnOrigin(gateway, principal) === undefined) return undefined;
  const receivedAt = new Date().toISOString();
  const facts = {
    dialect,
    call: { requestId: '', receivedAt, signal: neverAborts },
    exchange: { replyId: '', receivedAt },
  };
  return drawOrigin(gateway, facts, { endpoint, wire, principal }).then(
    (found) => found && { origin: found, dialect, isOpen: false, path: '*' },
    () => undefined, // who serves it here says what is wrong
  );
}

const neverAborts = new AbortController().signal;
