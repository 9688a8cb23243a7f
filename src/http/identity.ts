import { createHmac, createSecretKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { defined } from '../canonical/index.ts';
import { readPublicKey, type SiteIdentity } from '../config/index.ts';
import type { SignedUser } from '../conversations/caller.ts';
import type { IdentityPlaces, WireRequest } from '../dialects/dialect.ts';
import { GatewayError } from '../errors/index.ts';

/** Who a visitor has proven to be; `expiresAt` in milliseconds since the epoch, where the proof holds for a time. */
export interface Proven extends SignedUser {
  readonly expiresAt?: number;
}

/** How the visitors of one site prove who they are. */
export interface Identity {
  /** Whether what they send has to be proven to be theirs. */
  readonly required: boolean;
  /** The user of whose id the hash is. Throws `unauthenticated` if it is of none of these. */
  byHash(userIds: readonly string[], hash: string): Proven;
  /** Throws `unauthenticated` unless the token is one of the site's, for this site, and holds now (milliseconds since the epoch). */
  byToken(token: string, now: number): Proven;
}

const notProven = (): GatewayError => new GatewayError('unauthenticated', 'The identity of the user is not valid');

/** The identity of a site, by its configuration, which has been checked. */
export function createIdentity({ secret, publicKey, required }: SiteIdentity, site: string): Identity {
  const signed = secret === undefined ? signedFor(publicKey ?? '') : signedBy(createSecretKey(secret, 'utf8'));
  return {
    required,
    byHash(ids, hash) {
      if (secret === undefined || !isHash.test(hash)) throw notProven();
      const given = Buffer.from(hash, 'hex');
      const isProven = (id: string) =>
        isUserId(id) && timingSafeEqual(createHmac('sha256', secret).update(id, 'utf8').digest(), given);
      const id = ids.find(isProven);
      if (id === undefined) throw notProven();
      return { id };
    },
    byToken(token, now) {
      const claims = readToken(token, signed);
      if (claims === undefined) throw notProven();
      return provenBy(claims, { site, now });
    },
  };
}

const isHash = /^[0-9a-f]{64}$/i;
/** As ids of sessions are. */
const userIds = /^[^\u0000-\u001f\u007f\ud800-\udfff]{1,256}$/u;
const isUserId = (id: unknown): id is string => typeof id === 'string' && userIds.test(id);

/** How tokens are signed: the configuration says it, and a token that says something else is none. */
interface Signing {
  readonly algorithm: string;
  isSignature(of: string, signature: Buffer): boolean;
}

function signedBy(secret: KeyObject): Signing {
  return {
    algorithm: 'HS256',
    isSignature(of, signature) {
      const expected = createHmac('sha256', secret).update(of).digest();
      return signature.length === expected.length && timingSafeEqual(expected, signature);
    },
  };
}

function signedFor(pem: string): Signing {
  const found = readPublicKey(pem);
  if (found === undefined) throw new Error('A site has no public key that can be read'); // the configuration's checks see to it
  const { key, algorithm } = found;
  const digest = algorithm === 'EdDSA' ? null : 'sha256';
  return {
    algorithm,
    isSignature: (of, signature) => verify(digest, Buffer.from(of), { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

type Claims = Readonly<Record<string, unknown>>;

/** Three parts of base64url: RFC 7515, 3.1. */
const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
const longestToken = 4_096; // our choice: what a field of a form may have

/** What a signed token says; `undefined` if it is none. */
function readToken(token: string, { algorithm, isSignature }: Signing): Claims | undefined {
  const [, head = '', body = '', signature = ''] = token.length <= longestToken ? (compactForm.exec(token) ?? []) : [];
  if (head === '' || !isSignature(`${head}.${body}`, Buffer.from(signature, 'base64url'))) return undefined;
  const header = readPart(head);
  // What a header says that must be understood is not.
  return header?.['alg'] === algorithm && header['crit'] === undefined ? readPart(body) : undefined;
}

function readPart(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** How far a clock may be off that a token's beginning and greatest length are looked at by, in seconds, and that length. Our choice. */
const skew = 30;
const longest = 86_400;

function provenBy({ sub, aud, exp, nbf, email, name }: Claims, { site, now }: { site: string; now: number }): Proven {
  const seconds = now / 1_000;
  const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
  const isForUs = [aud].flat().includes(site);
  const isNow = isTime(exp) && seconds < exp && exp <= seconds + longest + skew;
  const hasBegun = nbf === undefined || (isTime(nbf) && nbf <= seconds + skew);
  if (!isUserId(sub) || !isForUs || !isNow || !hasBegun) throw notProven();
  const contact = defined({ email: readContact(email), name: readContact(name) });
  return { id: sub, expiresAt: exp * 1_000, ...(Object.keys(contact).length > 0 && { contact }) };
}

/** Of the length of what visitors say of themselves. */
const readContact = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;

/**
 * Who a visitor has proven to be; `undefined` for one who says nothing of it. Throws `unauthenticated` for what proves nothing, and for
 * what is sent without a proof where one is required.
 */
export function identify(
  identity: Identity,
  places: IdentityPlaces,
  wire: Pick<WireRequest, 'headers' | 'body'>,
  now = Date.now(),
): Proven | undefined {
  const { userId, hash, token } = wire.body === undefined ? inHeaders(places, wire.headers) : inBody(places, wire.body);
  const byToken = token === undefined ? undefined : identity.byToken(asText(token), now);
  const isHashed = userId !== undefined || hash !== undefined;
  const readings = wire.body === undefined ? readingsOf : (id: string) => [id];
  const byHash = isHashed ? identity.byHash(readings(asText(userId)), asText(hash)) : undefined;
  // Who says two things has to say the same.
  if (byToken !== undefined && byHash !== undefined && byToken.id !== byHash.id) throw notProven();
  const proven = byToken ?? byHash;
  if (proven === undefined && identity.required && wire.body !== undefined) {
    throw new GatewayError('unauthenticated', 'Please sign in to write here');
  }
  return proven;
}

/** What a header may say: bytes beyond ASCII are read as Latin-1, and most clients that send some mean UTF-8. */
function readingsOf(header: string): readonly string[] {
  const asUtf8 = Buffer.from(header, 'latin1').toString('utf8');
  return asUtf8 === header ? [header] : [header, asUtf8];
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw notProven();
}

interface Said {
  readonly userId: unknown;
  readonly hash: unknown;
  readonly token: unknown;
}

const bearer = /^Bearer +(\S+) *$/i;

function inHeaders(places: IdentityPlaces, headers: WireRequest['headers']): Said {
  const { authorization } = headers;
  return {
    userId: headers[places.userHeader] || undefined,
    hash: headers[places.hashHeader] || undefined,
    token: typeof authorization === 'string' ? bearer.exec(authorization)?.[1] : undefined,
  };
}

/** What a place has of its own under a name; `undefined` for what is no object. */
export function fieldOf(place: unknown, name: string): unknown {
  if (typeof place !== 'object' || place === null || !Object.hasOwn(place, name)) return undefined;
  return (place as Claims)[name]; // it has it
}

/** An empty text or null is what a widget sends for a field that it could not fill. */
function inBody(places: IdentityPlaces, body: unknown): Said {
  const find = (names: readonly string[]): unknown =>
    names.map((name) => fieldOf(body, name)).find((value) => value !== undefined && value !== null && value !== '');
  return { userId: find(places.userFields), hash: find(places.hashFields), token: find(places.tokenFields) };
}
