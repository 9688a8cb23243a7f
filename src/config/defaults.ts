import { extname, resolve } from 'node:path';
import { defined } from '../canonical/index.ts';
import type { TenantConfig } from './config.ts';
import { type BackendConfig, type CatalogConfig, type CatalogFormat, type Config, keyedDialects } from './config.ts';
import type { WrittenCatalog, WrittenConfig, WrittenTenant } from './written.ts';

/** The configuration with every default in place and every path made absolute from `folder`. Of a checked document only. */
export function applyDefaults(written: WrittenConfig, { file, folder }: { file: string; folder: string }): Config {
  const { listen = {}, store, uploads, catalogs = {}, backends, tenants, limits = {}, log = {} } = written;
  const absolute = (path: string) => resolve(folder, path);
  return {
    file,
    listen: { host: '127.0.0.1', port: 8080, trustProxy: 0, ...listen },
    store: { ...store, path: absolute(store.path) },
    uploads: {
      path: uploads === undefined ? resolve(absolute(store.path), 'uploads') : absolute(uploads.path),
      maxBytes: uploads?.maxBytes ?? 10_485_760,
    },
    catalogs: mapValues(catalogs, (catalog) => resolveCatalog(catalog, absolute)),
    backends: mapValues(backends, (backend) => resolveBackend(backend, absolute)),
    tenants: tenants.map(resolveTenant),
    admin: written.admin ?? { tokens: [] },
    limits: { failedAuthentications: { points: 100, seconds: 60 }, ...limits },
    log: { level: 'info', format: 'json', ...log },
    idempotency: { windowMs: readDuration(written.idempotency?.window ?? '24h') },
    heartbeatSeconds: written.heartbeatSeconds ?? 15,
  };
}

const formats: Readonly<Record<string, CatalogFormat>> = {
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.txt': 'tsv',
  '.xml': 'xml',
};

/** The format that a file's ending tells, if it tells one. Google Merchant names its tab-separated feeds `.txt`. */
export function catalogFormatOf(file: string): CatalogFormat | undefined {
  return formats[extname(file).toLowerCase()];
}

function resolveCatalog(catalog: WrittenCatalog, absolute: (path: string) => string): CatalogConfig {
  const { file, format, fields = {}, currency } = catalog;
  // The checks have refused a file whose format nothing tells.
  return defined({ file: absolute(file), format: format ?? catalogFormatOf(file) ?? 'ndjson', fields, currency });
}

function resolveBackend(backend: BackendConfig, absolute: (path: string) => string): BackendConfig {
  const { questions } = backend;
  return questions === undefined ? backend : { ...backend, questions: absolute(questions) };
}

function resolveTenant({ id, name, keys = [], sites = [], agents: written }: WrittenTenant): TenantConfig {
  const agents = written.map((agent) => ({ ...agent, id: agent.id.toLowerCase() }));
  const idOf = (reference: string | undefined) => {
    const named = reference?.toLowerCase();
    // Schema and checks have made sure of one agent at least, and of the agent that is named.
    return (agents.find((agent) => agent.slug === named || agent.id === named) ?? agents[0])?.id ?? '';
  };
  return {
    id,
    name,
    agents,
    keys: keys.map(({ agent, ...key }) => ({
      dialects: keyedDialects,
      adoptUnknownIds: false,
      revoked: false,
      limits: {},
      ...key,
      agentId: idOf(agent),
    })),
    sites: sites.map(({ agent, ...site }) => ({ limits: {}, ...site, agentId: idOf(agent) })),
  };
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `30m`, `24h` or `7d` in milliseconds. */
function readDuration(text: string): number {
  return Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? Number.NaN);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Readonly<Record<string, B>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
