import { extname, resolve } from 'node:path';
import { defined } from '../canonical/index.ts';
import { resolveAdmin, resolveLimits, resolvePlace } from './admin.ts';
import { resolveBackend, resolveTimeouts } from './backend-defaults.ts';
import { resolveBounds } from './bounds.ts';
import { tenantOfMigration } from './check-migrations.ts';
import type { CatalogConfig, CatalogFormat, Config, KeyLimits, SiteLimits, TenantConfig } from './config.ts';
import { demoSecretsIn, isLoopback } from './demo.ts';
import { readDuration } from './duration.ts';
import type { Environment } from './environment.ts';
import { resolveMigration } from './migrations.ts';
import { keyedDialects } from './names.ts';
import { resolveOrigin } from './origins.ts';
import { resolveProcesses } from './processes.ts';
import { resolveStore } from './store.ts';
import { resolveTracing } from './tracing.ts';
import { resolveUploads } from './uploads.ts';
import type { WrittenCatalog, WrittenConfig, WrittenTenant } from './written.ts';

/** Our choice, after what vendors' own clients wait. */
const defaultTimeouts = { connectMs: 5_000, firstEventMs: 30_000, idleMs: 30_000, totalMs: 300_000 };

/** Where a document was read from: absolute paths. */
export interface ConfigPlace extends Pick<Config, 'file' | 'valueFiles'> {
  readonly folder: string;
  readonly env: Environment;
}

/** The configuration with every default in place and every path made absolute from `folder`. Of a checked document only. */
export function applyDefaults(written: WrittenConfig, { file, folder, valueFiles, env }: ConfigPlace): Config {
  const { store, uploads, catalogs = {}, backends, tenants, limits = {}, log = {} } = written;
  const absolute = (path: string) => resolve(folder, path);
  const timeouts = { ...defaultTimeouts, ...resolveTimeouts(written.timeouts) };
  return defined({
    file,
    valueFiles,
    listen: resolveListen(written),
    store: resolveStore(store, absolute),
    uploads: resolveUploads(uploads, { store, absolute }),
    catalogs: mapValues(catalogs, (catalog) => resolveCatalog(catalog, absolute)),
    backends: mapValues(backends, (backend) => resolveBackend(backend, { timeouts, absolute, env })),
    origins: mapValues(written.origins ?? {}, (origin) => resolveOrigin(origin, timeouts)),
    passthrough: (written.passthrough ?? []).map(({ prefix, authenticate, ...origin }) =>
      defined({ prefix, authenticate, ...resolveOrigin(origin, timeouts) }),
    ),
    allowedAddresses: written.allowedAddresses ?? [],
    tenants: tenants.map(resolveTenant),
    admin: resolveAdmin(written.admin),
    observability: resolvePlace(written.observability?.listen),
    limits: resolveBounds(limits),
    tracing: resolveTracing(written.tracing, env),
    log: { level: 'info', format: 'json', access: true, ...log },
    idempotency: { windowMs: readDuration(written.idempotency?.window ?? '24h') },
    heartbeatSeconds: written.heartbeatSeconds ?? 15,
    streams: { maxAgeMs: readDuration(written.streams?.maxAge ?? '24h') },
    // The checks have seen to it that there is one tenant.
    migrations: (written.migrations ?? []).map((migration) =>
      resolveMigration(migration, { tenantId: tenantOfMigration(written, migration) ?? '', absolute }),
    ),
    drainMs: readDuration(written.drain ?? '30s'),
    processes: resolveProcesses(written.processes),
  });
}

/** A demo, whose secrets anyone knows, is reached by its own machine's names alone: a page elsewhere could name it by its own otherwise. */
function resolveListen(written: WrittenConfig): Config['listen'] {
  const { host = '127.0.0.1', hosts, ...rest } = written.listen ?? {};
  const byDefault = isLoopback(host) && demoSecretsIn(written).length > 0 ? ['loopback'] : undefined;
  const named = hosts?.map((name) => name.toLowerCase()) ?? byDefault;
  return defined({ port: 8080, trustProxy: 0, ...rest, host, hosts: named });
}

const formats: Readonly<Record<string, CatalogFormat>> = {
  ...{ '.ndjson': 'ndjson', '.jsonl': 'ndjson', '.json': 'json', '.jsonld': 'json' },
  ...{ '.csv': 'csv', '.tsv': 'tsv', '.tab': 'tsv', '.txt': 'tsv', '.psv': 'csv' },
  ...{ '.xml': 'xml', '.rss': 'xml', '.atom': 'xml', '.yml': 'xml' },
};

/**
 * The format that a file's ending tells, if it tells one; `.gz` after it does not count. Google Merchant names its tab-separated feeds
 * `.txt`, and Yandex its XML `.yml`.
 */
export function catalogFormatOf(file: string): CatalogFormat | undefined {
  return formats[extname(file.toLowerCase().replace(/\.gz$/, ''))];
}

function resolveCatalog(catalog: WrittenCatalog, absolute: (path: string) => string): CatalogConfig {
  const { file, format, fields = {}, currency, maxShrink = 0.5, maxProducts = 1_000_000 } = catalog;
  const { url, connections = 10, timeout = '2s' } = catalog;
  // The checks have refused a file whose format nothing tells.
  return defined({
    file: absolute(file),
    format: format ?? catalogFormatOf(file) ?? 'ndjson',
    fields,
    currency,
    maxShrink,
    maxProducts,
    // The checks have seen to it that the engine has one, and no other.
    database: url === undefined ? undefined : { url, connections, timeoutMs: readDuration(timeout) },
  });
}

function resolveTenant({ id, name, keys = [], sites = [], agents: written }: WrittenTenant): TenantConfig {
  const agents = written.map(({ route, ...agent }) => ({
    ...agent,
    id: agent.id.toLowerCase(),
    route: { onDisconnect: 'stop' as const, ...route },
  }));
  const idOf = (reference: string | undefined) => {
    const named = reference?.toLowerCase();
    // Schema and checks have made sure of one agent at least, and of the agent that is named.
    return (agents.find((agent) => agent.slug === named || agent.id === named) ?? agents[0])?.id ?? '';
  };
  return {
    id,
    name,
    agents,
    keys: keys.map(({ agent, sha256, limits = {}, ...key }) => ({
      dialects: keyedDialects,
      adoptUnknownIds: false,
      revoked: false,
      ...key,
      sha256: [sha256].flat(),
      limits: resolveLimits<KeyLimits>(limits),
      agentId: idOf(agent),
    })),
    sites: sites.map(({ agent, limits = {}, session, identity, ...site }) => ({
      ...site,
      session: { minLength: 1, ...session },
      ...(identity && { identity: { required: false, ...identity } }),
      limits: resolveLimits<SiteLimits>(limits),
      agentId: idOf(agent),
    })),
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
