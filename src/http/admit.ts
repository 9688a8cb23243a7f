import { type Awaitable, whenReady } from '../async/awaitable.ts';
import { defined } from '../canonical/index.ts';
import type { AdminRole } from '../config/index.ts';
import type { AdminCaller, Caller, SignedUser } from '../conversations/caller.ts';
import { mayAct } from '../conversations/roles.ts';
import type { TokenBudget } from '../conversations/token-budget.ts';
import type { Quota, WireRequest } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';
import { passesOn, sideOf } from '../migrations/sides.ts';
import { addressKey, plainAddress } from '../network/index.ts';
import type { Limited } from '../observability/metrics.ts';
import { type Authenticated, authenticate, recognise } from './authenticate.ts';
import type { Principal } from './caller-registry.ts';
import type { Gateway } from './gateway.ts';
import { announce, type GatewayCall } from './http-call.ts';
import type { Verdict } from './limits.ts';
import type { UploadPlace } from './upload-places.ts';

/** A caller who may go on; `principal` is absent for operators, who have no limits. */
export interface Admitted {
  readonly caller: Caller | AdminCaller;
  readonly principal?: Principal;
  readonly sessionId?: string;
  /** Milliseconds since the epoch, where what they came with is good for a time. */
  readonly expiresAt?: number;
  /** What they came with, as far as it says who they are. */
  readonly wire: WireRequest;
}

/** What a limit counts. */
type Counted = Pick<GatewayCall, 'dialect' | 'address'> & { quota?: Quota };

/** Counts a call against its address, before anything of it is read. Throws `rate-limited`; nobody who is within it is told of it. */
export function limitAddress(gateway: Gateway, entry: Counted): Awaitable<void> {
  return whenReady(gateway.limits.address(entry.address), (verdict) => {
    if (verdict?.retryAfterMs !== undefined) enforce(gateway, entry, 'address', verdict);
  });
}

/** Of a request: all of it, or a part; what had come before, who was admitted by that. */
export type Arrived = Admitted | 'in part' | undefined;

/**
 * Finds out who calls and whether they may: their credential, their dialects, their limits. Who was admitted by a part of the
 * request, and is the same by all of it, is not counted again; who its visitor is, is told by all of it alone.
 */
export function admit(gateway: Gateway, entry: GatewayCall, wire: WireRequest, arrived?: Arrived): Awaitable<Admitted> {
  return whenReady(authenticateOnce(gateway, entry, wire, arrived), (authenticated) =>
    admitKnown(gateway, entry, { wire, authenticated, early: arrived === 'in part' ? undefined : arrived }),
  );
}

interface Known {
  readonly wire: WireRequest;
  readonly authenticated: Authenticated;
  readonly early: Admitted | undefined;
}

function admitKnown(gateway: Gateway, entry: GatewayCall, { wire, authenticated, early }: Known): Awaitable<Admitted> {
  if (authenticated.kind === 'admin') {
    const { name, tenants, role, expiresAt } = authenticated.principal;
    entry.principal = `admin:${name}`;
    refuseOtherRoles(role, entry.operation);
    return defined({
      caller: defined({ name, tenants, role, address: plainAddress(entry.address), call: entry.call }),
      wire,
      expiresAt,
    });
  }
  const { principal, sessionId, user } = authenticated;
  entry.principal = principal.name;
  entry.tenant = principal.tenant.id;
  refuseOtherDialects(principal, entry);
  if (principal.migration !== undefined) {
    announce(entry, principal.migration.notices);
    sideOf(principal.migration); // one that is over has no limits to be told of
  }
  const isKnown = early?.principal === principal;
  const isSameSession = sessionId === undefined || (isKnown && early.sessionId === sessionId);
  const { limits } = gateway;
  return whenReady(isKnown ? undefined : limits.principal(principal), (verdict) => {
    enforce(gateway, entry, 'principal', verdict);
    return whenReady(isSameSession ? undefined : limits.session(principal, sessionId), (ofSession) => {
      enforce(gateway, entry, 'session', ofSession);
      const caller = toCaller(gateway, entry, { principal, wire, user });
      return defined({ caller, principal, sessionId, wire, expiresAt: user?.expiresAt });
    });
  });
}

/** Throws `forbidden` for a dialect that is not the caller's to speak. */
export function refuseOtherDialects({ dialects }: Principal, { dialect }: Pick<GatewayCall, 'dialect'>): void {
  if (dialects?.includes(dialect.name) !== false) return;
  throw new GatewayError('forbidden', 'This key may not use this API');
}

function refuseOtherRoles(role: AdminRole, operation: string): void {
  if (mayAct(role, operation)) return;
  throw new GatewayError('forbidden', `The token's role, ${role}, may not do this`);
}

/**
 * A place for one stream of the caller's, whose call is one that may stay. Throws `overloaded` if too many do, and `rate-limited` if the
 * caller has as many open as it may; who has no limits has always one.
 */
export async function acquireStream(gateway: Gateway, entry: GatewayCall, caller: Admitted | undefined) {
  const { dialect, carrier } = entry;
  entry.place?.becomeFollower();
  const principal = caller?.principal;
  const place = principal && (await gateway.limits.openStream(principal));
  if (principal !== undefined && place === undefined) {
    gateway.metrics.rateLimited(dialect.name, 'streams');
    throw new GatewayError('rate-limited', 'Too many open streams', { retryAfterMs: 1_000 });
  }
  const closed = gateway.metrics.streamOpened(dialect.name, carrier);
  return {
    release(): void {
      place?.release();
      closed();
    },
  };
}

/** Counts an image against its session. Throws `rate-limited`. */
export async function limitUpload(gateway: Gateway, entry: GatewayCall, { principal, sessionId }: Admitted) {
  if (principal === undefined || sessionId === undefined) return;
  refuseIf(gateway, entry, 'uploads', (await gateway.limits.upload(principal, sessionId)).retryAfterMs);
}

/** A place for reading an upload; of whom is not known yet where nobody is admitted. Throws `rate-limited` if there is none. */
export function acquireUpload(gateway: Gateway, entry: GatewayCall, caller: Admitted | undefined): UploadPlace {
  const place = gateway.uploadPermits.take(defined({ address: entry.address, site: caller?.principal?.site?.key }));
  if (place === undefined) throw tooManyUploads(gateway, entry);
  const grow = (bytes: number): true => {
    if (place.grow(bytes)) return true;
    throw tooManyUploads(gateway, entry);
  };
  return { ...place, grow };
}

function tooManyUploads({ metrics }: Gateway, { dialect }: GatewayCall): GatewayError {
  metrics.rateLimited(dialect.name, 'uploads');
  return new GatewayError('rate-limited', 'Too many uploads at the same time', { retryAfterMs: 1_000 });
}

function authenticateOnce(
  gateway: Gateway,
  entry: GatewayCall,
  wire: WireRequest,
  arrived: Arrived,
): Awaitable<Authenticated> {
  try {
    const carried = { places: entry.dialect.credential, carrier: entry.carrier };
    const isPart = arrived === 'in part';
    return isPart ? recognise(gateway.callers, carried, wire) : authenticate(gateway.callers, carried, wire);
  } catch (refusal) {
    // Only failures count, so that a bad client behind the same address does not lock a good one out.
    if (!(refusal instanceof GatewayError) || refusal.code === 'invalid-request') throw refusal;
    return whenReady(gateway.limits.failedAuthentication(entry.address), ({ retryAfterMs }) => {
      refuseIf(gateway, entry, 'authentication', retryAfterMs);
      throw refusal;
    });
  }
}

function enforce(gateway: Gateway, entry: Counted, limit: Limited, verdict: Verdict | undefined): void {
  if (verdict === undefined) return;
  entry.quota = verdict.quota;
  refuseIf(gateway, entry, limit, verdict.retryAfterMs);
}

function refuseIf({ metrics }: Gateway, { dialect }: Counted, limit: Limited, retryAfterMs?: number): void {
  if (retryAfterMs === undefined) return;
  metrics.rateLimited(dialect.name, limit);
  throw new GatewayError('rate-limited', 'Too many requests', { retryAfterMs });
}

function toCaller(
  gateway: Gateway,
  entry: GatewayCall,
  {
    principal,
    wire,
    user,
  }: { readonly principal: Principal; readonly wire: WireRequest; readonly user: SignedUser | undefined },
): Caller {
  const { dialect, call, exchange, carrier } = entry;
  const idempotencyKey = wire.headers['idempotency-key'];
  // Another server answered its clients before, or still does.
  const holdsForeignIds = principal.migration !== undefined && passesOn(principal.migration);
  return defined({
    tenant: principal.tenant,
    principal: principal.name,
    site: principal.site?.key,
    user,
    defaultAgent: principal.defaultAgent,
    migration: principal.migration,
    route: principal.route && 'passthrough' in principal.route ? undefined : principal.route,
    dialect,
    unknownConversations:
      principal.adoptUnknownIds || holdsForeignIds ? ('begin' as const) : dialect.unknownConversations,
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : undefined,
    tokenBudget: principal.limits.tokens && tokenBudgetOf(gateway, entry, principal),
    carrier,
    address: addressKey(entry.address),
    replyId: exchange.replyId,
    call,
  });
}

function tokenBudgetOf({ limits, metrics }: Gateway, { dialect }: GatewayCall, principal: Principal): TokenBudget {
  return {
    async reserve(question) {
      const reserved = await limits.reserveTokens(principal, question);
      if ('settle' in reserved) return reserved;
      metrics.rateLimited(dialect.name, 'tokens');
      throw new GatewayError('rate-limited', 'The tokens for today are used up', reserved);
    },
  };
}
