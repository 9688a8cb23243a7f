import { adminApi } from './admin/index.ts';
import { type Generation, openGeneration } from './app/generation.ts';
import { openStorage } from './app/storage.ts';
import { watchFeed } from './app/watch-feed.ts';
import type { Backend } from './backends/backend.ts';
import type { Catalog } from './catalog/index.ts';
import type { Config } from './config/index.ts';
import { createFeed, type Feed, type FeedSettings } from './conversations/feed.ts';
import { createLossCounter } from './conversations/loss.ts';
import { createRunningReplies, type RunningReplies } from './conversations/running-replies.ts';
import type { Services } from './conversations/services.ts';
import { dialects } from './dialects/registry.ts';
import { defaultTimes, type Gateway, type Times } from './http/gateway.ts';
import { createLifetime, type Ending, type Lifetime } from './http/lifetime.ts';
import { createLimits } from './http/limits.ts';
import { createReadiness } from './http/readiness.ts';
import { uploadsPath } from './http/serve-upload.ts';
import { type GatewayServer, startServer } from './http/server.ts';
import type { Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import { createLocalStorage } from './stores/local/local-storage.ts';
import { openUploads } from './stores/open-uploads.ts';
import type { Storage } from './stores/storage.ts';
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
  /** What of the feed is not to be as it is. */
  readonly feed?: Partial<FeedSettings>;
  /** How long a place is taken without a sign of life of its process, in milliseconds. */
  readonly keepPlacesMs?: number;
}

/** Opens everything that a configuration names, joins it, and listens. Throws if anything cannot be opened; nothing stays open then. */
export async function startGateway(config: Config, log: Logger, options: StartOptions = {}): Promise<RunningGateway> {
  const opened: { close?(): Promise<void> }[] = [];
  const closeAll = async (): Promise<void> => {
    for (const resource of opened.toReversed()) await resource.close?.();
  };
  try {
    const metrics = createMetrics();
    const feed = createFeed({ watch: watchFeed(log), ...options.feed });
    // What retention deletes has followers too.
    const storage = options.store
      ? createLocalStorage(options.store)
      : await openStorage(config.store, { whenDeleted: feed.end, log, metrics, keepPlacesMs: options.keepPlacesMs });
    opened.push(storage);
    await feed.open(storage);
    opened.push(feed);
    const standIns = options.backends ?? new Map<string, Backend>();
    const generation = await openGeneration(config, { metrics, log, standIns });
    opened.push(generation);
    const server = await serve({ opened, log, metrics, storage, feed, generation, times: options.times });
    return {
      url: urlOf(server, config),
      catalogs: generation.catalogs,
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

interface Parts {
  /** What is closed with the gateway. */
  readonly opened: { close?(): Promise<void> }[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly storage: Storage;
  readonly feed: Feed;
  readonly generation: Generation;
  readonly times: Partial<Times> | undefined;
}

async function serve(parts: Parts): Promise<GatewayServer> {
  const { opened, log, metrics, storage, feed, generation, times: changed } = parts;
  const { config } = generation;
  const current = { generation };
  const place: { url?: string } = {};
  // Where the system chooses the port, the address is known once it listens.
  const urlOfUpload = (name: string) => `${config.listen.publicUrl ?? place.url ?? ''}${uploadsPath}/${name}`;
  const uploads = await openUploads(config.uploads, urlOfUpload);
  opened.push(uploads);
  const times: Times = { heartbeatMs: config.heartbeatSeconds * 1_000, ...defaultTimes, ...changed };
  const lifetime = createLifetime(times);
  const services: Services = {
    store: storage.store,
    uploads,
    feed,
    running: lastingReplies(lifetime),
    leases: storage.leases,
    get backends() {
      return current.generation.backends;
    },
    siteOwner: siteOwnerIn(current),
    loss: createLossCounter(dialects, metrics.fieldsDropped),
    nudgeEvent: metrics.nudgeEvent,
    get onceWindowMs() {
      return current.generation.config.idempotency.windowMs;
    },
    cutOff: lifetime.cutting,
  };
  const gateway: Gateway = {
    dialects,
    services,
    get directory() {
      return current.generation.directory;
    },
    limits: createLimits(storage.counters, () => current.generation.config.limits),
    metrics,
    log,
    lifetime,
    times,
    get passThrough() {
      return current.generation.passThrough;
    },
    maxUploadBytes: config.uploads.maxBytes,
  };
  const missing = createReadiness(() => storage.store.check());
  const surroundings = { ownDialect: adminApi, trustProxy: config.listen.trustProxy, missing };
  const server = await startServer(gateway, surroundings, config.listen);
  place.url = urlOf(server, config);
  return server;
}

/** Who cuts off its readers cuts a reply off. */
const endsWithReaders: Ending = { stop: () => undefined, drop: () => undefined };

/** Replies that are waited for at the end: one that others may join outlives the call that asked for it. */
function lastingReplies(lifetime: Lifetime): RunningReplies {
  return { ...createRunningReplies(), begin: () => lifetime.replies.begin(endsWithReaders) };
}

function siteOwnerIn(current: { readonly generation: Generation }): Services['siteOwner'] {
  const dialect = dialects.find(({ credential }) => credential.kind === 'site');
  return (site) => {
    const principal = current.generation.directory.site(site);
    return principal && dialect && { tenant: principal.tenant, defaultAgent: principal.defaultAgent, dialect };
  };
}

function urlOf({ address: { address, family, port } }: GatewayServer, { listen }: Config): string {
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : address;
  return `http://${family === 'IPv6' && host.includes(':') ? `[${host}]` : host}:${port}`;
}
