import { BlockList, isIP } from 'node:net';
import { select } from './path.ts';

/** The demo's credentials, which anyone can read here. */
export const demoCredentials = { key: 'demo-key', siteKey: 'sk_demo', adminToken: 'demo-admin' } as const;

/** SHA-256 of `demo-key` and of `demo-admin`. */
export const demoHashes = {
  key: 'c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c',
  adminToken: 'cce7a2cf1ae045989cfc914fb95a41526f167a838b3c7d33745143614abace7c',
} as const;

const knownSecrets: Readonly<Record<string, string>> = {
  [demoHashes.key]: `key ${demoCredentials.key}`,
  [demoHashes.adminToken]: `admin token ${demoCredentials.adminToken}`,
  [demoCredentials.siteKey]: `site key ${demoCredentials.siteKey}`,
};

const secretPlaces = [
  ['tenants', '*', 'keys', '*', 'sha256'],
  ['tenants', '*', 'keys', '*', 'sha256', '*'],
  ['tenants', '*', 'sites', '*', 'key'],
  ['admin', 'tokens', '*', 'sha256'],
  ['admin', 'tokens', '*', 'sha256', '*'],
];

/** The demo's secrets that a document holds, by kind and name: `key demo-key`. */
export function demoSecretsIn(document: unknown): readonly string[] {
  return secretPlaces
    .flatMap((pattern) => select(document, pattern))
    .flatMap(({ value }) =>
      typeof value === 'string' && Object.hasOwn(knownSecrets, value) ? [knownSecrets[value] ?? ''] : [],
    );
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  const version = isIP(host);
  return version === 0 ? host.toLowerCase() === 'localhost' : loopback.check(host, version === 6 ? 'ipv6' : 'ipv4');
}
