import type { UpstreamBackendSettings } from '../../config/index.ts';
import type { CredentialPlaces, WireRequest } from '../../dialects/dialect.ts';

/** Writes into a request who we are to an upstream. */
export type Access = (wire: WireRequest) => WireRequest;

/**
 * Our key where the dialect documents it, our site beside the visitor's session, and the headers of the configuration, which come
 * before any other. A key never stands in an address: addresses end up in logs.
 */
export function createAccess(
  credential: CredentialPlaces,
  { apiKey, site, origin, headers: configured }: UpstreamBackendSettings,
): Access {
  const own = Object.fromEntries([
    ...keyHeaders(credential, apiKey),
    ...(origin === undefined ? [] : [['origin', origin]]),
    ...Object.entries(configured).map(([name, value]) => [name.toLowerCase(), value]),
  ]) as Readonly<Record<string, string>>; // of the pairs above
  const sites = siteFields(credential, site);
  return (wire) => {
    const headers = { ...wire.headers, ...own };
    if (sites === undefined) return { ...wire, headers };
    return typeof wire.body === 'object'
      ? { ...wire, headers, body: { ...sites, ...wire.body } }
      : { ...wire, headers, query: { ...sites, ...wire.query } };
  };
}

function keyHeaders(credential: CredentialPlaces, key: string | undefined): readonly (readonly string[])[] {
  if (credential.kind === 'site' || key === undefined) return [];
  const [name = 'authorization'] = credential.headers;
  return [[name, name === 'authorization' ? `Bearer ${key}` : key]];
}

function siteFields(credential: CredentialPlaces, site: string | undefined): Record<string, string> | undefined {
  if (credential.kind !== 'site' || site === undefined) return undefined;
  const [name = 'site'] = credential.siteFields;
  return { [name]: site };
}
