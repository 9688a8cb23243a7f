import type { Backend } from '../backends/backend.ts';
import { createBackends } from '../backends/registry.ts';
import { watchBackends } from '../backends/watch.ts';
import { type Catalog, openCatalog } from '../catalog/index.ts';
import type { Config } from '../config/index.ts';
import { createDirectory, type Directory } from '../http/directory.ts';
import { createPassThrough, type PassThrough } from '../http/pass-through/pass-through.ts';
import { createAddressGuard } from '../network/index.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';

/** What is made from a configuration, and made anew from the next one. */
export interface Generation {
  readonly config: Config;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly directory: Directory;
  readonly passThrough: PassThrough;
  close(): Promise<void>;
}

export interface GenerationMaterials {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Backends made elsewhere, by name: each stands in for the configured one of that name, behind the same guards. */
  readonly standIns: ReadonlyMap<string, Backend>;
}

/** Opens everything that a configuration names for calls to be answered. Throws if anything cannot be opened; nothing stays open then. */
export async function openGeneration(
  config: Config,
  { log, metrics, standIns }: GenerationMaterials,
): Promise<Generation> {
  const opened: { close?(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const resource of opened.toReversed()) await resource.close?.();
  };
  try {
    const catalogs = await openCatalogs(config, { metrics, log });
    opened.push(...catalogs.values());
    const addresses = createAddressGuard(config.allowedAddresses);
    const watch = watchBackends({ metrics: metrics.backends, log });
    const backends = await createBackends(config.backends, { catalogs, addresses, watch, standIns });
    opened.push(...backends.values());
    const passThrough = createPassThrough(config, addresses);
    opened.push(passThrough);
    return { config, catalogs, backends, directory: createDirectory(config, backends), passThrough, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function openCatalogs(
  config: Config,
  { metrics, log }: Pick<GenerationMaterials, 'metrics' | 'log'>,
): Promise<ReadonlyMap<string, Catalog>> {
  const catalogs = new Map<string, Catalog>();
  for (const [name, settings] of Object.entries(config.catalogs)) {
    const startedAt = performance.now();
    const catalog = await openCatalog({ name, ...settings });
    catalogs.set(name, catalog);
    const seconds = (performance.now() - startedAt) / 1_000;
    const [first] = catalog.rejected;
    if (first !== undefined) {
      log.warn({ catalog: name, rows: catalog.rejectedCount, first }, 'rows of the catalogue were left out');
    }
    metrics.catalogLoaded({ name, products: catalog.size, seconds });
    log.info(
      { catalog: name, products: catalog.size, seconds: Math.round(seconds * 1_000) / 1_000 },
      'catalogue loaded',
    );
  }
  return catalogs;
}
