import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Place, stepInto } from './path.ts';
import { type Problem, showSecret } from './problems.ts';

/** How a site's visitors prove who they are: one of `secret` and `publicKey` is there. */
export interface SiteIdentity {
  /** A secret of the site's server: of hashes of user ids, and of tokens signed with HS256. */
  readonly secret?: string;
  /** PEM; of tokens signed with the other half. Its type decides the algorithm. */
  readonly publicKey?: string;
  /** Whether visitors who do not prove it are refused when they send anything. */
  readonly required: boolean;
}

/** A key that tells whether a token was signed with the other half of it, and how. */
export interface PublicKey {
  readonly key: KeyObject;
  readonly algorithm: 'RS256' | 'ES256' | 'EdDSA';
}

const leastRsaBits = 2048; // RFC 7518, 3.3

/** The public key in a PEM text; `undefined` where there is none, or none that a token can be signed for. */
export function readPublicKey(pem: string): PublicKey | undefined {
  // Node would make the public half of a private key, which has no place in a gateway.
  if (pem.includes('PRIVATE KEY')) return undefined;
  const key = parseKey(pem);
  const { modulusLength = 0, namedCurve } = key?.asymmetricKeyDetails ?? {};
  switch (key?.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= leastRsaBits ? { key, algorithm: 'RS256' } : undefined;
    case 'ec':
      return namedCurve === 'prime256v1' ? { key, algorithm: 'ES256' } : undefined;
    case 'ed25519':
      return { key, algorithm: 'EdDSA' };
    default:
      return undefined;
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

/** Visitors are known by a secret or by a public key, and it is the gateway that they talk to. */
export function checkIdentity({ path, value: site }: Place): readonly Problem[] {
  const identity = stepInto(site, 'identity');
  if (identity === undefined) return [];
  const place = [...path, 'identity'];
  const [secret, publicKey] = [stepInto(identity, 'secret'), stepInto(identity, 'publicKey')];
  const problems: Problem[] = [];
  if ((secret === undefined) === (publicKey === undefined)) {
    const got = secret === undefined ? 'none' : 'secret and publicKey';
    problems.push({ path: place, expected: 'one of secret, publicKey', got });
  }
  if (typeof publicKey === 'string' && readPublicKey(publicKey) === undefined) {
    const expected = 'a public key in PEM: RSA of 2048 bits or more, ECDSA on P-256, or Ed25519';
    problems.push({ path: [...place, 'publicKey'], expected, got: showSecret(publicKey) });
  }
  if (stepInto(stepInto(site, 'route'), 'passthrough') !== undefined) {
    const expected = 'no identity beside a route that passes calls on: who answers them has to see to it';
    problems.push({ path: place, expected, got: 'a mapping' });
  }
  return problems;
}
