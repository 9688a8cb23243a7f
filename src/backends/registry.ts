import type { Catalog } from '../catalog/catalog.ts';
import type { BackendConfig, BackendSettings } from '../config/index.ts';
import type { AddressGuard } from '../network/index.ts';
import { anthropicProtocol } from './anthropic/index.ts';
import type { Backend } from './backend.ts';
import { createCatalogBackend, readQuestions } from './catalog/index.ts';
import type { Guard } from './guarded-reply.ts';
import { createVendorBackend, type VendorProtocol } from './language-model/index.ts';
import { createModuleBackend } from './module/index.ts';
import { openaiProtocol } from './openai/index.ts';
import { createUpstreamBackend } from './upstream/index.ts';
import type { WatchBackends } from './watch.ts';
import { withFallback } from './with-fallback.ts';
import { isUnguarded, withGuards } from './with-guards.ts';
import { withWeights } from './with-weights.ts';

/** What backends are made from beside their own settings. */
export interface BackendMaterials {
  readonly catalogs: ReadonlyMap<string, Catalog>;
  readonly addresses: AddressGuard;
  readonly watch: WatchBackends;
  /** Backends made elsewhere: each stands in for the configured one of its name, behind the same guards. */
  readonly standIns?: ReadonlyMap<string, Backend>;
  /** Backends that were made before, guards and all, and are not made again. */
  readonly kept?: ReadonlyMap<string, Backend>;
}

/** A backend's own settings, and what it may be made from: other backends among it. */
export interface Making<Type extends BackendSettings['type']> {
  readonly name: string;
  readonly settings: Extract<BackendConfig, { type: Type }>;
  readonly materials: BackendMaterials;
  /** The backend of that name, made if it is not there yet. */
  backend(name: string): Promise<Backend>;
}

type Factory<Type extends BackendSettings['type']> = (making: Making<Type>) => Backend | Promise<Backend>;

/** Every type of backend that a configuration can name. */
const factories: { readonly [Type in BackendSettings['type']]: Factory<Type> } = {
  catalog: ({ name, settings: { catalog, questions }, materials }) =>
    createCatalogBackend({
      name,
      catalog: catalogOf({ name, catalog, materials }),
      questions: questions === undefined ? [] : readQuestions(questions),
    }),
  openai: (making) => createVendor(making, openaiProtocol(making.settings)),
  anthropic: (making) => createVendor(making, anthropicProtocol(making.settings)),
  upstream: ({ name, settings, materials }) =>
    createUpstreamBackend({ name, settings, addresses: materials.addresses }),
  module: ({ name, settings: { path, options }, materials: { catalogs } }) =>
    createModuleBackend({ name, path, options, catalogs }),
  fallback: async ({ name, settings, materials: { watch }, backend }) =>
    withFallback({
      name,
      parts: await Promise.all(settings.of.map(backend)),
      watch,
      on: settings.on && new Set(settings.on),
    }),
  weighted: async ({ name, settings, backend }) => {
    const parts = settings.of.map(async (part) => ({ backend: await backend(part.backend), weight: part.weight }));
    return withWeights({ name, parts: await Promise.all(parts) });
  },
};

interface CatalogName {
  readonly name: string;
  readonly catalog: string;
  readonly materials: BackendMaterials;
}

function catalogOf({ name, catalog, materials }: CatalogName): Catalog {
  const found = materials.catalogs.get(catalog);
  if (found === undefined) throw new Error(`Backend ${name} names the catalogue ${catalog}, which is not configured`);
  return found;
}

interface VendorSource {
  readonly name: string;
  readonly settings: Extract<BackendConfig, { type: 'openai' | 'anthropic' }>;
  readonly materials: BackendMaterials;
}

function createVendor({ name, settings, materials }: VendorSource, protocol: VendorProtocol): Backend {
  const catalog =
    settings.catalog === undefined ? undefined : catalogOf({ name, catalog: settings.catalog, materials });
  return createVendorBackend({
    name,
    settings,
    protocol,
    catalog,
    addresses: materials.addresses,
    learnt: (quirk) => materials.watch(name).learnt({ quirk }),
  });
}

/**
 * Makes every backend of a configuration that is not kept, with its guards around it. Throws, with its name, if something that one
 * needs is not there; nothing that was made stays open then.
 */
export async function createBackends(
  configs: Readonly<Record<string, BackendConfig>>,
  materials: BackendMaterials,
): Promise<ReadonlyMap<string, Backend>> {
  const made = new Map<string, Promise<Backend>>();
  const make = (name: string): Promise<Backend> => {
    const settings = configs[name];
    if (settings === undefined) throw new Error(`No backend is called ${name}`);
    const kept = materials.kept?.get(name);
    const known = made.get(name) ?? (kept && Promise.resolve(kept));
    const backend = known ?? makeGuarded(settings, { name, materials, backend: make });
    made.set(name, backend);
    return backend;
  };
  const names = Object.keys(configs);
  const results = await Promise.allSettled(names.map(async (name) => [name, await make(name)] as const));
  const backends = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return new Map(backends);
  const opened = backends.filter(([name]) => materials.kept?.has(name) !== true);
  await Promise.all(opened.map(async ([, backend]) => backend.close?.()));
  throw failed.reason;
}

/** What is written down of each reply of a backend, in the names of OpenTelemetry's conventions for language models. */
function writtenOf(name: string, settings: BackendConfig): Guard['written'] {
  const { type } = settings;
  const model = 'model' in settings ? settings.model : undefined;
  const server = 'baseUrl' in settings ? new URL(settings.baseUrl) : undefined;
  return {
    name: `chat ${model ?? name}`,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': type,
      'gen_ai.request.model': model,
      'server.address': server?.hostname,
      'server.port':
        server === undefined ? undefined : Number(server.port || (server.protocol === 'https:' ? 443 : 80)),
      'dragoman.backend': name,
    },
  };
}

async function makeGuarded(settings: BackendConfig, rest: Omit<Making<never>, 'settings'>): Promise<Backend> {
  const { name, materials } = rest;
  const backend = materials.standIns?.get(name) ?? (await makeOne(settings, rest));
  if (isUnguarded(settings)) return backend;
  const watch = materials.watch(name);
  return withGuards(backend, { type: settings.type, guards: settings, watch, written: writtenOf(name, settings) });
}

async function makeOne<Type extends BackendSettings['type']>(
  settings: Extract<BackendConfig, { type: Type }>,
  rest: Omit<Making<Type>, 'settings'>,
): Promise<Backend> {
  const factory: Factory<Type> = factories[settings.type];
  return factory({ ...rest, settings });
}
