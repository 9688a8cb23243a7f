import type { Backend } from '../backends/backend.ts';
import { createBackends } from '../backends/registry.ts';
import { watchBackends } from '../backends/watch.ts';
import type { BackendConfig, Config } from '../config/index.ts';
import type { AddressGuard } from '../network/index.ts';
import type { BackendCounts } from '../observability/backend-metrics.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { CatalogParts } from './catalogs.ts';
import { fileVersion } from './file-version.ts';
import { createPart, type Part } from './parts.ts';

/** A backend with its guards, which are in whatever state its replies have brought them to. */
export interface WatchedBackend extends Pick<Backend, 'close'> {
  readonly backend: Backend;
  /** Another one has its name now, or none: metrics tell of it no more. */
  retire(): void;
}

export type BackendParts = ReadonlyMap<string, Part<WatchedBackend>>;

export interface BackendsMaterials {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly standIns: ReadonlyMap<string, Backend>;
  readonly addresses: AddressGuard;
  readonly catalogs: CatalogParts;
  readonly before: BackendParts | undefined;
  hold(part: Part<WatchedBackend>): void;
}

/** Makes the backends of a configuration, or keeps those for which nothing has changed that they are made from. `hold` is told of each. */
export async function openBackends(config: Config, materials: BackendsMaterials): Promise<BackendParts> {
  const { log, metrics, standIns, addresses, catalogs, before, hold } = materials;
  const plans = await planBackends(config, { catalogs, before });
  const counts = new Map<string, BackendCounts>();
  const countsOf = (name: string): BackendCounts => {
    const known = counts.get(name) ?? metrics.backends(name, modelOf(config.backends[name]));
    counts.set(name, known);
    return known;
  };
  const backends = await createBackends(config.backends, {
    catalogs: new Map([...catalogs].map(([name, { thing }]) => [name, thing.catalog])),
    addresses,
    watch: watchBackends({ metrics: countsOf, log }),
    standIns,
    kept: new Map([...plans].flatMap(([name, { kept }]) => (kept === undefined ? [] : [[name, kept.thing.backend]]))),
  });
  return new Map(
    [...backends].map(([name, backend]) => {
      const { kept, source = [], mark } = plans.get(name) ?? {};
      const watched = { backend, retire: () => counts.get(name)?.retire(), close: async () => backend.close?.() };
      const part = kept ?? createPart(watched, { source, ...(mark && { mark }) });
      hold(part);
      return [name, part];
    }),
  );
}

/** What a backend is to be made from, and the part that is made from it already. */
interface Plan {
  readonly source: readonly unknown[];
  readonly mark: symbol;
  readonly kept?: Part<WatchedBackend>;
}

async function planBackends(
  { backends, allowedAddresses }: Config,
  { catalogs, before }: Pick<BackendsMaterials, 'catalogs' | 'before'>,
): Promise<ReadonlyMap<string, Plan>> {
  const versions = new Map<string, string>();
  for (const path of Object.values(backends).flatMap(filesOf)) versions.set(path, await fileVersion(path));
  const plans = new Map<string, Plan>();
  // No backend is made of itself: the configuration's checks see to it.
  const plan = (name: string, settings: BackendConfig): Plan => {
    const source = [
      settings,
      allowedAddresses,
      ...filesOf(settings).map((path) => versions.get(path)),
      ...catalogsOf(settings, catalogs),
      ...partsOf(settings).flatMap((part) => backends[part] && planned(part, backends[part]).mark),
    ];
    const known = before?.get(name);
    return known?.isMadeFrom(source) ? { source, mark: known.mark, kept: known } : { source, mark: Symbol(name) };
  };
  const planned = (name: string, settings: BackendConfig): Plan => {
    const known = plans.get(name) ?? plan(name, settings);
    plans.set(name, known);
    return known;
  };
  for (const [name, settings] of Object.entries(backends)) planned(name, settings);
  return plans;
}

/** What tokens are counted under; one that is made of others counts none. */
function modelOf(settings: BackendConfig | undefined): { readonly model: string } | undefined {
  if (settings === undefined || settings.type === 'fallback' || settings.type === 'weighted') return undefined;
  return { model: 'model' in settings ? settings.model : 'none' };
}

const filesOf = (settings: BackendConfig): readonly string[] =>
  settings.type === 'catalog' && settings.questions !== undefined ? [settings.questions] : [];

function catalogsOf(settings: BackendConfig, catalogs: CatalogParts): readonly unknown[] {
  switch (settings.type) {
    case 'catalog':
    case 'openai':
    case 'anthropic':
      return settings.catalog === undefined ? [] : [catalogs.get(settings.catalog)?.mark];
    case 'module': // it is given them all
      return [...catalogs].map(([name, { mark }]) => [name, mark]);
    case 'upstream':
    case 'fallback':
    case 'weighted':
      return [];
    default:
      return settings satisfies never;
  }
}

function partsOf(settings: BackendConfig): readonly string[] {
  if (settings.type === 'fallback') return settings.of;
  return settings.type === 'weighted' ? settings.of.map(({ backend }) => backend) : [];
}
