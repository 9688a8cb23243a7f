import { adminApi } from './admin/index.ts';
import type { Backend } from './backends/backend.ts';
import { createBackend } from './backends/registry.ts';
import type { Catalog } from './catalog/catalog.ts';
import { openCatalog } from './catalog/index.ts';
import type { Config } from './config/index.ts';
import { createFeed } from './conversations/feed.ts';
import { createRunningReplies } from './conversations/running-replies.ts';
import type { Services } from './conversations/services.ts';
import { dialects } from './dialects/registry.ts';
import { createDirectory, type Directory } from './http/directory.ts';
import { createLimits } from './http/limits.ts';
import { uploadsPath } from './http/serve-upload.ts';
import { type GatewayServer, startServer } from './http/server.ts';
import type { Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { openEmbeddedStore } from './stores/embedded/index.ts';
import { openLocalUploads } from './stores/local-uploads/local-uploads.ts';
import type { Store } from './stores/store.ts';

/** A gateway that is listening. */
export interface RunningGateway {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly catalogs: ReadonlyMap<string, Catalog>;
  /** Stops taking calls, lets running ones end within the time (milliseconds), then closes the store. */
  close(withinMs: number): Promise<void>;
}

export interface StartOptions {
  /** Backends made elsewhere, by name: they stand in for the configured ones. */
  readonly backends?: ReadonlyMap<string, Backend>;
  /** A store opened elsewhere: it stands in for the configured one, and is closed with the gateway. */
  readonly store?: Store;
}

/** Opens everything that a configuration names, joins it, and listens. Throws if anything cannot be opened; nothing stays open then. */
export async function startGateway(config: Config, log: Logger, options: StartOptions = {}): Promise<RunningGateway> {
  const opened: { close?(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    for (const resource of opened.toReversed()) await resource.close?.();
  };
  try {
    const metrics = createMetrics();
    const store = options.store ?? (await openEmbeddedStore(config.store));
    opened.push(store);
    const catalogs = await openCatalogs(config, metrics, log);
    opened.push(...catalogs.values());
    const backends = new Map([...openBackends(config, catalogs), ...(options.backends ?? [])]);
    opened.push(...backends.values());
    const server = await serve(config, { log, metrics, store, backends });
    const url = urlOf(server, config);
    return {
      url,
      catalogs,
      async close(withinMs) {
        await server.close(withinMs);
        await closeAll();
      },
    };
  } catch (failure) {
    await closeAll();
    throw failure;
  }
}

async function openCatalogs(config: Config, metrics: Metrics, log: Logger): Promise<ReadonlyMap<string, Catalog>> {
  const catalogs = new Map<string, Catalog>();
  for (const [name, settings] of Object.entries(config.catalogs)) {
    const startedAt = performance.now();
    const catalog = await openCatalog({ name, ...settings });
    catalogs.set(name, catalog);
    const seconds = (performance.now() - startedAt) / 1_000;
    metrics.catalogLoaded({ name, products: catalog.size, seconds });
    log.info(
      { catalog: name, products: catalog.size, seconds: Math.round(seconds * 1_000) / 1_000 },
      'catalogue loaded',
    );
  }
  return catalogs;
}

function openBackends(config: Config, catalogs: ReadonlyMap<string, Catalog>): ReadonlyMap<string, Backend> {
  return new Map(
    Object.entries(config.backends).map(([name, settings]) => [name, createBackend(name, settings, { catalogs })]),
  );
}

interface Parts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly backends: ReadonlyMap<string, Backend>;
}

async function serve(config: Config, { log, metrics, store, backends }: Parts): Promise<GatewayServer> {
  const directory = createDirectory(config);
  const place: { url?: string } = {};
  const uploads = await openLocalUploads({
    folder: config.uploads.path,
    // Where the system chooses the port, the address is known once it listens.
    urlOf: (name) => `${config.listen.publicUrl ?? place.url ?? ''}${uploadsPath}/${name}`,
  });
  const services: Services = {
    store,
    uploads,
    feed: createFeed(),
    running: createRunningReplies(),
    backends,
    siteOwner: siteOwnerIn(directory),
    onceWindowMs: config.idempotency.windowMs,
  };
  const gateway = {
    dialects,
    services,
    directory,
    limits: createLimits(config.limits),
    metrics,
    log,
    heartbeatMs: config.heartbeatSeconds * 1_000,
    maxUploadBytes: config.uploads.maxBytes,
  };
  const isReady = () =>
    store
      .check()
      .then(() => true)
      .catch(() => false);
  const surroundings = { ownDialect: adminApi, trustProxy: config.listen.trustProxy, isReady };
  const server = await startServer(gateway, surroundings, config.listen);
  place.url = urlOf(server, config);
  return server;
}

function siteOwnerIn(directory: Directory): Services['siteOwner'] {
  const dialect = dialects.find(({ credential }) => credential.kind === 'site');
  return (site) => {
    const principal = directory.site(site);
    return principal && dialect && { tenant: principal.tenant, defaultAgent: principal.defaultAgent, dialect };
  };
}

function urlOf({ address: { address, family, port } }: GatewayServer, { listen }: Config): string {
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`;
}
