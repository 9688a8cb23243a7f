import { hash, timingSafeEqual } from 'node:crypto';
import { defined } from '../canonical/index.ts';
import {
  type AdminTokenConfig,
  type CallerRoute,
  type Config,
  createPageOrigins,
  type PageOrigins,
  type SiteConfig,
  type SiteLimits,
  type TenantConfig,
} from '../config/index.ts';
import type { Agent, Tenant } from '../conversations/caller.ts';
import type { DialectName } from '../dialects/dialect.ts';
import type { LiveMigration } from '../migrations/migrations.ts';
import { createIdentity, type Identity } from './identity.ts';

/** Who calls with a key or on a site. */
export interface Principal {
  readonly tenant: Tenant;
  /** Unique in its tenant: `key:storefront`, `site:sk_demo`. */
  readonly name: string;
  readonly defaultAgent: Agent;
  /** What comes before the agent's own route. */
  readonly route?: CallerRoute;
  /** By which it moves: it has no route then. */
  readonly migration?: LiveMigration;
  readonly adoptUnknownIds: boolean;
  /** The dialects that it may speak; all that its credential fits, if it does not say. */
  readonly dialects?: readonly DialectName[];
  readonly site?: Pick<SiteConfig, 'key' | 'session'> & { readonly origins: PageOrigins; readonly identity?: Identity };
  /** Of a key: the pages that may use it from a browser, where there are any. */
  readonly origins?: PageOrigins;
  readonly limits: SiteLimits;
}

export type AdminPrincipal = Omit<AdminTokenConfig, 'sha256'>;

/** Everybody who may call. */
export interface CallerRegistry {
  /** Whose secret key it is; `undefined` for an unknown or revoked one. */
  key(secret: string): Principal | undefined;
  /** Whose token it is; `undefined` for an unknown one, or one that has expired. */
  adminToken(secret: string): AdminPrincipal | undefined;
  site(key: string): Principal | undefined;
  /** The pages that may use any of the sites. */
  readonly pages: PageOrigins;
  /** The pages that may use any of the keys; absent where none may. */
  readonly keyPages?: PageOrigins;
}

/** The directory of a configuration. It holds secrets as SHA-256 only. */
export function createCallerRegistry(
  config: Pick<Config, 'tenants' | 'admin'>,
  backends: Tenant['backends'],
  migrations: readonly LiveMigration[] = [],
): CallerRegistry {
  const moving = (tenantId: string, kind: 'keys' | 'sites' | 'agents', name: string) =>
    migrations.find(({ config: one }) => one.tenantId === tenantId && one[kind].includes(name));
  const tenants = config.tenants.map((tenant) => ({
    written: tenant,
    tenant: toTenant(tenant, backends, (slug) => moving(tenant.id, 'agents', slug)),
  }));
  const keys = tenants.flatMap(({ written, tenant }) =>
    written.keys
      .filter(({ revoked }) => !revoked)
      .map(({ sha256, name, dialects, agentId, route, adoptUnknownIds, limits, origins }) => ({
        sha256,
        of: defined({
          tenant,
          name: `key:${name}`,
          dialects,
          defaultAgent: agentById(tenant, agentId),
          route,
          migration: moving(tenant.id, 'keys', name),
          adoptUnknownIds,
          limits,
          origins: origins && createPageOrigins(origins),
        }),
      })),
  );
  const sites = new Map(
    tenants.flatMap(({ written, tenant }) =>
      written.sites.map(({ key, origins, session, identity, agentId, route, limits }): [string, Principal] => {
        const defaultAgent = agentById(tenant, agentId);
        const proof = identity && createIdentity(identity, key);
        const site = defined({ key, session, origins: createPageOrigins(origins), identity: proof });
        return [
          key,
          defined({
            tenant,
            name: `site:${key}`,
            defaultAgent,
            route,
            migration: moving(tenant.id, 'sites', key),
            adoptUnknownIds: false,
            site,
            limits,
          }),
        ];
      }),
    ),
  );
  const tokenOf = createSecretLookup(config.admin.tokens.map(({ sha256, ...of }) => ({ sha256, of })));
  const keyPages = config.tenants.flatMap((tenant) => tenant.keys).flatMap(({ origins = [] }) => origins);
  return defined({
    key: createSecretLookup(keys),
    adminToken(secret: string) {
      const token = tokenOf(secret);
      return token?.expiresAt !== undefined && token.expiresAt <= Date.now() ? undefined : token;
    },
    site: (key: string) => sites.get(key),
    pages: createPageOrigins(config.tenants.flatMap((tenant) => tenant.sites).flatMap(({ origins }) => origins)),
    keyPages: keyPages.length === 0 ? undefined : createPageOrigins(keyPages),
  });
}

function toTenant(
  { id, name, agents: written }: TenantConfig,
  backends: Tenant['backends'],
  moving: (slug: string) => LiveMigration | undefined,
): Tenant {
  const agents = written.map((agent) => defined({ ...agent, migration: moving(agent.slug) }));
  return { id, name, agents, hasMovingAgents: agents.some(({ migration }) => migration !== undefined), backends };
}

function agentById(tenant: Tenant, id: string): Agent {
  const agent = tenant.agents.find((candidate) => candidate.id === id);
  if (agent === undefined) throw new Error(`Tenant ${tenant.id} has no agent ${id}`); // the configuration's checks see to it
  return agent;
}

function createSecretLookup<Of>(secrets: readonly { readonly sha256: readonly string[]; readonly of: Of }[]) {
  const byDigest = new Map(
    secrets.flatMap(({ sha256, of }) => sha256.map((hex) => [hex, { digest: Buffer.from(hex, 'hex'), of }] as const)),
  );
  return (secret: string): Of | undefined => {
    const digest = hash('sha256', secret, 'buffer');
    // Found by the digest, of which a caller can choose nothing; then compared in constant time all the same.
    const found = byDigest.get(digest.toString('hex'));
    return found !== undefined && timingSafeEqual(found.digest, digest) ? found.of : undefined;
  };
}
