import { GatewayError, toGatewayError } from '../errors/index.ts';
import type { LiveMigration } from '../migrations/migrations.ts';
import { passesOn, whoseNow } from '../migrations/sides.ts';
import { type Admitted, refuseOtherDialects } from './admit.ts';
import { authenticate } from './authenticate.ts';
import type { Principal } from './caller-registry.ts';
import type { Gateway } from './gateway.ts';
import type { GatewayCall } from './http-call.ts';
import type { Subscription } from './subscriptions.ts';

interface Looked {
  readonly admitted: Admitted;
  readonly agentId?: string;
  /** Whether it is passed on. */
  readonly isPassed?: boolean;
}

/** How it is found out, again and again, whether a caller that was admitted may go on with a subscription: of an agent, where one is named. */
export function lookAgain(
  gateway: Gateway,
  { dialect, carrier }: Pick<GatewayCall, 'dialect' | 'carrier'>,
  { admitted, agentId, isPassed = false }: Looked,
): Pick<Subscription, 'refusal' | 'expiresAt'> {
  const { principal: before, wire, expiresAt, caller } = admitted;
  const userId = 'user' in caller ? caller.user.id : undefined;
  const hasAgent = (principal: Principal | undefined) => principal?.tenant.agents.some(({ id }) => id === agentId);
  // One that has left the configuration before is answered for by another.
  const isAgentThere = hasAgent(before);
  return {
    expiresAt,
    refusal() {
      try {
        const found = authenticate(gateway.callers, { places: dialect.credential, carrier }, wire);
        if (found.kind === 'admin') return undefined;
        const { principal, user } = found;
        if (user?.id !== userId) return new GatewayError('unauthenticated', 'The user has to prove who they are again');
        refuseOtherDialects(principal, { dialect });
        if (principal.tenant.id !== before?.tenant.id) return new GatewayError('forbidden', 'Not allowed');
        if (principal.migration !== undefined && hasMoved(principal.migration, isPassed)) return movedAway();
        return isAgentThere && !hasAgent(principal) ? new GatewayError('forbidden', 'The agent has left') : undefined;
      } catch (thrown) {
        return toGatewayError(thrown);
      }
    },
  };
}

/** Whether what is passed on is to be served here now, or the other way round. Of a move from one backend to another nobody notices anything. */
function hasMoved(migration: LiveMigration, isPassed: boolean): boolean {
  if (!passesOn(migration)) return false;
  const whose = whoseNow(migration);
  return whose === 'nobody' || whose === (isPassed ? 'to' : 'from');
}

const movedAway = (): GatewayError =>
  new GatewayError('shutting-down', 'The conversation is served elsewhere now, please connect again');
