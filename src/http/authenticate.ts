import { defined } from '../canonical/index.ts';
import type { CredentialPlaces, WireRequest } from '../dialects/dialect.ts';
import { GatewayError, type Violation } from '../errors/index.ts';
import type { AdminPrincipal, CallerRegistry, Principal } from './caller-registry.ts';
import { fieldOf, identify, type Proven } from './identity.ts';

/** Who calls: a tenant's key or site, or an operator. */
export type Authenticated =
  | { readonly kind: 'tenant'; readonly principal: Principal; readonly sessionId?: string; readonly user?: Proven }
  | { readonly kind: 'admin'; readonly principal: AdminPrincipal };

interface CarriedPlaces<Places = CredentialPlaces> {
  readonly places: Places;
  readonly carrier: 'http' | 'socket';
}

const bearer = /^Bearer +(\S+) *$/i;

/** As `recognise`; with who the visitor of a site has proven to be, where the site has its visitors prove it. Throws as `identify` does. */
export function authenticate(directory: CallerRegistry, carried: CarriedPlaces, wire: WireRequest): Authenticated {
  const found = recognise(directory, carried, wire);
  const identity = found.kind === 'tenant' ? found.principal.site?.identity : undefined;
  if (identity === undefined || carried.places.kind !== 'site') return found;
  return defined({ ...found, user: identify(identity, carried.places.identity, wire) });
}

/**
 * Finds the caller's credential and whose it is. Throws `unauthenticated` for a secret that is missing or unknown, `not-found`
 * for an unknown site, `invalid-request` where the site is not named, `forbidden` for a page that may not call.
 */
export function recognise(
  directory: CallerRegistry,
  { places, carrier }: CarriedPlaces,
  wire: WireRequest,
): Authenticated {
  if (places.kind === 'site') return authenticateSite(directory, places, wire);
  const secret = readSecret({ places, carrier }, wire);
  if (places.kind === 'admin-token') {
    const principal = secret === undefined ? undefined : directory.adminToken(secret);
    if (principal !== undefined) return { kind: 'admin', principal };
  } else {
    const principal = secret === undefined ? undefined : directory.key(secret);
    if (principal !== undefined) {
      refuseOtherPages(principal, carrier, wire);
      return { kind: 'tenant', principal };
    }
  }
  throw new GatewayError('unauthenticated', 'Invalid or missing credentials');
}

/**
 * A key is its page's to use only where that is listed. A browser that asks over HTTP has asked before; a socket is open to any page
 * that has come by the key.
 */
function refuseOtherPages(
  { origins }: Principal,
  carrier: 'http' | 'socket',
  { headers: { origin } }: WireRequest,
): void {
  if (typeof origin !== 'string' || (origins === undefined ? carrier === 'http' : origins.has(origin))) return;
  throw new GatewayError('forbidden', 'This origin may not use the key');
}

/** Whose secret key a request carries, if it is anybody's. */
export function keyHolder(directory: CallerRegistry, { places, carrier }: CarriedPlaces, wire: WireRequest) {
  const secret = places.kind === 'key' ? readSecret({ places, carrier }, wire) : undefined;
  return secret === undefined ? undefined : directory.key(secret);
}

/** Whether a request carries a secret that we know, as far as its head tells. The key of a site is none. */
export function isKnown(directory: CallerRegistry, carried: CarriedPlaces, wire: WireRequest): boolean {
  if (carried.places.kind === 'site') return false;
  const secret = readSecret({ ...carried, places: carried.places }, wire);
  if (secret === undefined) return false;
  return (carried.places.kind === 'key' ? directory.key(secret) : directory.adminToken(secret)) !== undefined;
}

/** Whether a request says who makes it before its body is read. */
export function isNamedEarly(places: CredentialPlaces, { query }: Pick<WireRequest, 'query'>): boolean {
  return places.kind !== 'site' || places.siteFields.some((name) => typeof query[name] === 'string');
}

type SecretPlaces = Extract<CredentialPlaces, { headers: unknown }>;

function readSecret({ places, carrier }: CarriedPlaces<SecretPlaces>, wire: WireRequest): string | undefined {
  return readHeader(places, wire) ?? (carrier === 'socket' ? readQuery(places, wire) : undefined);
}

/** The first of the headers that says one: what else stands in `Authorization` (a proxy's `Basic`) is nobody's key, and hides none. */
function readHeader({ headers }: SecretPlaces, wire: WireRequest): string | undefined {
  for (const name of headers) {
    const value = wire.headers[name];
    if (typeof value !== 'string') continue;
    const secret = name === 'authorization' ? bearer.exec(value)?.[1] : onceSaid(value);
    if (secret) return secret;
  }
  return undefined;
}

/** A header that came several times is a list by now: of equal values it is one. */
function onceSaid(value: string): string {
  if (!value.includes(',')) return value;
  const [first = '', ...others] = value.split(',').map((part) => part.trim());
  return others.length > 0 && others.every((other) => other === first) ? first : value;
}

function readQuery({ socketQuery = '' }: SecretPlaces, { query }: WireRequest): string | undefined {
  const value = query[socketQuery];
  return typeof value === 'string' ? value : undefined;
}

function authenticateSite(
  directory: CallerRegistry,
  { siteFields, sessionFields }: Extract<CredentialPlaces, { kind: 'site' }>,
  wire: WireRequest,
): Authenticated {
  const key = readField(siteFields, wire);
  if (key === undefined) throw missingField(siteFields[0] ?? '', wire);
  const principal = directory.site(key);
  if (principal?.site === undefined) {
    throw new GatewayError('not-found', 'Site not found', { subject: { kind: 'site', id: key } });
  }
  const { origin } = wire.headers;
  const { origins } = principal.site;
  if (typeof origin === 'string' && !origins.has(origin)) {
    throw new GatewayError('forbidden', 'This origin may not use the site');
  }
  const sessionId = readField(sessionFields, wire);
  const { minLength } = principal.site.session;
  if (sessionId !== undefined && sessionId.length < minLength) {
    throw fieldRefused(sessionFields[0] ?? '', wire, {
      rule: 'minLength',
      params: { limit: minLength },
      message: `must NOT have fewer than ${minLength} characters`,
    });
  }
  return defined({ kind: 'tenant' as const, principal, sessionId });
}

/**
 * The body's word before the query's, as the codecs of sessions have it: who is counted is who is served. Nothing else of the
 * body is looked at: until its caller is known, it is a stranger's.
 */
function readField(names: readonly string[], { body, query }: WireRequest): string | undefined {
  return readText(names, body) ?? readText(names, query);
}

/** The first of the names under which a text stands. */
function readText(names: readonly string[], place: unknown): string | undefined {
  for (const name of names) {
    const value = fieldOf(place, name);
    if (typeof value === 'string') return value;
  }
  return undefined;
}

function missingField(name: string, wire: WireRequest): GatewayError {
  const params = { missingProperty: name };
  return fieldRefused(name, wire, { rule: 'required', params, message: `must have required property '${name}'` });
}

/** What is wrong with a field that says who calls, as a schema would say it. */
function fieldRefused(
  name: string,
  { body }: WireRequest,
  why: Pick<Violation, 'rule' | 'params' | 'message'>,
): GatewayError {
  const violation = { path: [body === undefined ? 'query' : 'body', name], value: body, ...why };
  const sentence = why.rule === 'required' ? `${name} is required` : 'The request is not valid';
  return new GatewayError('invalid-request', sentence, { violations: [violation] });
}
