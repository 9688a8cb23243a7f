import { adminApi } from './admin/index.ts';
import type { Backend } from './backends/backend.ts';
import { createBackends } from './backends/registry.ts';
import { watchBackends } from './backends/watch.ts';
import type { Catalog } from './catalog/catalog.ts';
import { openCatalog } from './catalog/index.ts';
import type { Config, StoreConfig } from './config/index.ts';
import { createFeed, type Feed } from './conversations/feed.ts';
import { createLossCounter } from './conversations/loss.ts';
import { createRunningReplies, type RunningReplies } from './conversations/running-replies.ts';
import type { Services } from './conversations/services.ts';
import { dialects } from './dialects/registry.ts';
import { createDirectory, type Directory } from './http/directory.ts';
import { defaultTimes, type Times } from './http/gateway.ts';
import { createLifetime, type Lifetime } from './http/lifetime.ts';
import { createLimits } from './http/limits.ts';
import { createPassThrough, type PassThrough } from './http/pass-through/pass-through.ts';
import { createReadiness } from './http/readiness.ts';
import { uploadsPath } from './http/serve-upload.ts';
import { type GatewayServer, startServer } from './http/server.ts';
import { createAddressGuard } from './network/index.ts';
import type { Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { openEmbeddedStore } from './stores/embedded/index.ts';
import { openLocalUploads } from './stores/local-uploads/local-uploads.ts';
import { openRedisStore } from './stores/redis/index.ts';
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
  /** Backends made elsewhere, by name: each stands in for the configured one of that name, behind the same guards. */
  readonly backends?: ReadonlyMap<string, Backend>;
  /** A store opened elsewhere: it stands in for the configured one, and is closed with the gateway. */
  readonly store?: Store;
  /** Times that are not to be ours, in milliseconds. */
  readonly times?: Partial<Times>;
}

/** Opens everything that a configuration names, joins it, and listens. Throws if anything cannot be opened; nothing stays open then. */
export async function startGateway(config: Config, log: Logger, options: StartOptions = {}): Promise<RunningGateway> {
  const opened: { close?(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    for (const resource of opened.toReversed()) await resource.close?.();
  };
  try {
    const metrics = createMetrics();
    const feed = createFeed();
    // What retention deletes has followers too.
    const store = options.store ?? (await openStore(config.store, feed.end));
    opened.push(store);
    const catalogs = await openCatalogs(config, metrics, log);
    opened.push(...catalogs.values());
    const addresses = createAddressGuard(config.allowedAddresses);
    const watch = watchBackends({ metrics: metrics.backends, log });
    const standIns = options.backends ?? new Map<string, Backend>();
    const backends = await createBackends(config.backends, { catalogs, addresses, watch, standIns });
    opened.push(...backends.values());
    const passThrough = createPassThrough(config, addresses);
    opened.push(passThrough);
    const server = await serve(config, { log, metrics, store, feed, backends, passThrough, times: options.times });
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

function openStore(settings: StoreConfig, whenDeleted: (id: string) => void): Promise<Store> {
  return settings.engine === 'embedded'
    ? openEmbeddedStore({ ...settings, whenDeleted })
    : openRedisStore({ ...settings, whenDeleted });
}

async function openCatalogs(config: Config, metrics: Metrics, log: Logger): Promise<ReadonlyMap<string, Catalog>> {
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

interface Parts {
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly store: Store;
  readonly feed: Feed;
  readonly backends: ReadonlyMap<string, Backend>;
  readonly passThrough: PassThrough;
  readonly times: Partial<Times> | undefined;
}

async function serve(
  config: Config,
  { log, metrics, store, feed, backends, passThrough, times: changed }: Parts,
): Promise<GatewayServer> {
  const directory = createDirectory(config);
  const place: { url?: string } = {};
  const uploads = await openLocalUploads({
    folder: config.uploads.path,
    // Where the system chooses the port, the address is known once it listens.
    urlOf: (name) => `${config.listen.publicUrl ?? place.url ?? ''}${uploadsPath}/${name}`,
  });
  const times: Times = { heartbeatMs: config.heartbeatSeconds * 1_000, ...defaultTimes, ...changed };
  const lifetime = createLifetime(times);
  const services: Services = {
    store,
    uploads,
    feed,
    running: lastingReplies(lifetime),
    backends,
    siteOwner: siteOwnerIn(directory),
    loss: createLossCounter(dialects, metrics.fieldsDropped),
    nudgeEvent: metrics.nudgeEvent,
    onceWindowMs: config.idempotency.windowMs,
    cutOff: lifetime.cutting,
  };
  const gateway = {
    dialects,
    services,
    directory,
    limits: createLimits(config.limits),
    metrics,
    log,
    lifetime,
    times,
    passThrough,
    maxUploadBytes: config.uploads.maxBytes,
  };
  const isReady = createReadiness(() => store.check());
  const surroundings = { ownDialect: adminApi, trustProxy: config.listen.trustProxy, isReady };
  const server = await startServer(gateway, surroundings, config.listen);
  place.url = urlOf(server, config);
  return server;
}

/** Replies that are waited for at the end: one that others may join outlives the call that asked for it. */
function lastingReplies(lifetime: Lifetime): RunningReplies {
  const replies = createRunningReplies();
  return {
    ...replies,
    begin(reply) {
      const begun = replies.begin(reply);
      const running = lifetime.replies.begin(() => undefined); // who cuts off its readers cuts it off
      return {
        end() {
          begun.end();
          running.end();
        },
      };
    },
  };
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
