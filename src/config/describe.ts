import type { BackendConfig } from './backends.ts';
import { describeLimits } from './bounds.ts';
import type { AgentConfig, Config, TenantConfig } from './config.ts';
import { demoCredentials, demoHashes } from './demo.ts';
import type { UploadsConfig } from './storage.ts';

/** What the demo's credentials open in a configuration, so that lines to try can be printed. */
export interface DemoAccess {
  readonly key?: { readonly secret: string; readonly agent: AgentConfig };
  readonly site?: { readonly key: string; readonly origin: string };
  readonly adminToken?: string;
}

/** What the start prints about a configuration, a line each: no secret, no hash. */
export function describeConfig(config: Config): readonly string[] {
  const { store, uploads, catalogs, backends, tenants, admin, limits, processes } = config;
  return [
    `configuration ${config.file}`,
    `store ${store.engine}${store.engine === 'embedded' ? ` at ${store.path}` : `, keys under ${store.prefix}`}`,
    `images in ${describeUploads(uploads)}`,
    ...Object.entries(catalogs).map(([name, { file, format, database }]) =>
      [
        `catalogue ${name}: ${format} file ${file}`,
        ...(database === undefined ? [] : [`in PostgreSQL at ${hostOf(database.url)}`]),
      ].join(', '),
    ),
    ...Object.entries(backends).map(([name, backend]) => `backend ${name}: ${describeBackend(backend)}`),
    ...tenants.map(describeTenant),
    `admin API: ${count(admin.tokens.length, 'token')}`,
    describeLimits(limits),
    ...(processes === 1 ? [] : [`${processes} processes`]),
  ];
}

/** Where a database is, without who asks it. */
function hostOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function describeUploads(uploads: UploadsConfig): string {
  if (uploads.kind === 'folder') return `folder ${uploads.path}`;
  return `bucket ${uploads.bucket} ${uploads.endpoint === undefined ? `of AWS in ${uploads.region}` : `at ${uploads.endpoint}`}`;
}

function describeBackend(backend: BackendConfig): string {
  switch (backend.type) {
    case 'catalog':
      return `catalog ${backend.catalog}`;
    case 'openai':
    case 'anthropic':
      return `${backend.type} ${backend.model} at ${backend.baseUrl}`;
    case 'upstream':
      return `${backend.dialect} at ${backend.baseUrl}`;
    case 'module':
      return `module ${backend.path}`;
    case 'fallback':
      return `fallback of ${backend.of.join(', ')}`;
    case 'weighted':
      return `weighted ${backend.of.map(({ backend: name, weight }) => `${name} ${weight}`).join(', ')}`;
    default:
      return backend satisfies never;
  }
}

function describeTenant({ name, keys, sites, agents }: TenantConfig): string {
  const parts = [
    count(keys.filter(({ revoked }) => !revoked).length, 'key'),
    count(sites.length, 'site'),
    `agents ${agents.map(({ slug, route }) => `${slug} → ${route.backend}`).join(', ')}`,
  ];
  return `tenant ${name}: ${parts.join(', ')}`;
}

const count = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? '' : 's'}`;

/** What of the demo's credentials a configuration accepts; empty where it holds none of them. */
export function demoAccess({ tenants, admin }: Config): DemoAccess {
  const key = tenants.flatMap(withAgents).find(({ sha256, revoked }) => sha256.includes(demoHashes.key) && !revoked);
  const site = tenants.flatMap(({ sites }) => sites).find((one) => one.key === demoCredentials.siteKey);
  return {
    ...(key?.agent && { key: { secret: demoCredentials.key, agent: key.agent } }),
    ...(site?.origins[0] !== undefined && { site: { key: site.key, origin: site.origins[0] } }),
    ...(admin.tokens.some(({ sha256 }) => sha256.includes(demoHashes.adminToken)) && {
      adminToken: demoCredentials.adminToken,
    }),
  };
}

function withAgents({ keys, agents }: TenantConfig) {
  return keys.map((key) => ({ ...key, agent: agents.find(({ id }) => id === key.agentId) }));
}
