import { adminApi } from './admin/index.ts';
import { closeAll, lastingReplies, type Opened } from './app/closing.ts';
import { type Generations, openGenerations, type Prepared, siteOwnerIn } from './app/generations.ts';
import { type KeptImages, openImages } from './app/images.ts';
import { type KeptComparisons, type Moving, openMigrations, openShadows } from './app/migrations.ts';
import { observe } from './app/observe.ts';
import type { Reloaded, RunningGateway } from './app/running-gateway.ts';
import { openServers, type Servers } from './app/servers.ts';
import { defaultStartTimes, type StartOptions } from './app/start-options.ts';
import { backUpsOf, openStorage } from './app/storage.ts';
import { openTracer, writtenStore } from './app/tracing.ts';
import { createCrowdBound, keepLooking, watchFeed, watchStore } from './app/watches.ts';
import type { Backend } from './backends/backend.ts';
import type { Config } from './config/index.ts';
import { createFeed, type Feed } from './conversations/feed.ts';
import { createLossCounter } from './conversations/loss.ts';
import { createReplyRoom } from './conversations/reply-room.ts';
import type { Services } from './conversations/services.ts';
import { createUnknownSessions } from './conversations/unknown-sessions.ts';
import { dialects } from './dialects/registry.ts';
import { defaultTimes, type Gateway, type Times } from './http/gateway.ts';
import { createLifetime, type Lifetime } from './http/lifetime.ts';
import { createLimits } from './http/limits.ts';
import { createPace } from './http/pace.ts';
import { createObservations } from './http/pass-through/observations.ts';
import { createPermits, createShedding } from './http/permits.ts';
import { createReadiness, type ReadinessEvents } from './http/readiness.ts';
import { uploadsPath } from './http/serve-upload.ts';
import { watchStrain } from './http/strain.ts';
import { createSubscriptions } from './http/subscriptions.ts';
import { createUploadPlaces } from './http/upload-places.ts';
import type { Logger } from './observability/log.ts';
import { createMetrics, type Metrics } from './observability/metrics.ts';
import type { Tracer } from './observability/trace.ts';
import type { Storage } from './stores/coordination.ts';
import { withImages } from './stores/images.ts';
import { createLocalStorage } from './stores/local/local-coordination.ts';

export type { Prepared, Reloaded, RunningGateway, StartOptions };

/** Opens everything that a configuration names, joins it, and listens. Throws if anything cannot be opened; nothing stays open then. */
export async function startGateway(config: Config, log: Logger, options: StartOptions = {}): Promise<RunningGateway> {
  const opened: Opened[] = [];
  const { prepareMs, closeMs } = { ...defaultStartTimes, ...options.patience };
  const close = () => closeAll(opened, { log, withinMs: closeMs });
  try {
    const metrics = createMetrics(options.registry, options.worker);
    const watch = watchStore(log, metrics);
    const inForce: { config(): Config; lookAgain?(): void } = { config: () => config };
    const admitFollower = createCrowdBound(() => inForce.config().limits.followersPerConversation, metrics);
    const feed = createFeed({ watch: watchFeed(log, metrics), admit: admitFollower, ...options.feed });
    // What retention deletes has followers too, and images.
    const kept: KeptImages & KeptComparisons = {};
    const whenDeleted = (id: string): void => {
      feed.stored(id);
      void kept.images?.forget(id);
      kept.comparisons?.forget(id);
    };
    const auditKeepMs = (): number => inForce.config().admin.audit.keepMs;
    const keeping = { whenDeleted, log, metrics, watch, auditKeepMs, keepPlacesMs: options.keepPlacesMs };
    const storage = options.store ? createLocalStorage(options.store) : await openStorage(config.store, keeping);
    opened.push(['the store', storage]);
    await feed.open(storage);
    opened.push(['the feed', feed]);
    const whenMoved = () => inForce.lookAgain?.();
    const moving = openMigrations({ storage, log, metrics, opened, kept, config: () => inForce.config(), whenMoved });
    const { migrations } = moving;
    const tracer = await openTracer(config, metrics, log);
    if (tracer !== undefined) opened.push(['the traces', tracer]);
    const standIns = options.backends ?? new Map<string, Backend>();
    const lifetime = createLifetime({ ...defaultTimes, ...options.times });
    const generations = await openGenerations(config, { metrics, log, standIns, migrations, lifetime, prepareMs });
    opened.push(['the configuration in force', generations]);
    inForce.config = () => generations.current.config;
    await migrations.begin();
    const servers = await serve({
      opened,
      log,
      metrics,
      watch,
      storage,
      feed,
      admitFollower,
      lifetime,
      generations,
      moving,
      inForce,
      options,
      kept,
      tracer,
    });
    return {
      url: servers.url,
      metricsUrl: servers.metricsUrl,
      adminUrl: servers.adminUrl,
      get catalogs() {
        return generations.current.catalogs;
      },
      get config() {
        return generations.current.config;
      },
      prepare: generations.prepare,
      async reload(wanted) {
        const prepared = await generations.prepare(wanted);
        if (prepared.outcome !== 'ready') return prepared;
        prepared.commit();
        return { outcome: 'applied' };
      },
      async close(withinMs) {
        await servers.close(withinMs);
        await close();
      },
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

interface Parts {
  /** What is closed with the gateway. */
  readonly opened: Opened[];
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly watch: ReadinessEvents;
  readonly storage: Storage;
  readonly feed: Feed;
  readonly admitFollower: Services['admitFollower'];
  readonly lifetime: Lifetime;
  readonly generations: Generations;
  readonly moving: Moving;
  /** Where it is told how streams are looked at anew. */
  readonly inForce: { lookAgain?(): void };
  readonly options: StartOptions;
  readonly kept: KeptImages;
  readonly tracer: Tracer | undefined;
}

async function serve(parts: Parts): Promise<Servers> {
  const { opened, log, metrics, watch, storage, feed, admitFollower, lifetime, generations, moving, options, tracer } =
    parts;
  const { config } = generations.current;
  const place: { url?: string } = {};
  // Where the system chooses the port, the address is known once it listens.
  const urlOfUpload = (name: string) => `${config.listen.publicUrl ?? place.url ?? ''}${uploadsPath}/${name}`;
  const images = await openImages(config, { ...parts, urlOf: urlOfUpload, times: options.images });
  const times: Times = {
    ...defaultTimes,
    ...options.times,
    get heartbeatMs() {
      return options.times?.heartbeatMs ?? generations.current.config.heartbeatSeconds * 1_000;
    },
  };
  const shadows = openShadows(parts, () => generations.current.backends);
  const services: Services = {
    store: withImages(tracer === undefined ? storage.store : writtenStore(storage.store, tracer), images),
    images,
    feed,
    running: lastingReplies(lifetime),
    replyRoom: createReplyRoom(() => metrics.shed('memory')),
    leases: storage.leases,
    lines: storage.locks,
    ...backUpsOf(config, storage, log),
    get backends() {
      return generations.current.backends;
    },
    siteOwner: siteOwnerIn(generations),
    ...moving,
    shadows,
    loss: createLossCounter(dialects, metrics.fieldsDropped),
    unknownSessions: createUnknownSessions(() => generations.current.config.limits.unknownSessions, metrics),
    admitFollower,
    nudgeEvent: metrics.nudgeEvent,
    turnWaiting: metrics.turnWaiting,
    get idempotencyWindowMs() {
      return generations.current.config.idempotency.windowMs;
    },
    cutOff: lifetime.cutting,
  };
  const strain = watchStrain();
  const subscriptions = createSubscriptions({
    directory: () => generations.current.directory,
    maxAgeMs: () => generations.current.config.streams.maxAgeMs,
  });
  parts.inForce.lookAgain = subscriptions.lookAgain;
  opened.push(['the look at open streams', subscriptions], ['the watch on strain', strain]);
  const shed = createShedding({ metrics, log });
  const observations = createObservations({ services, metrics: metrics.migrations });
  opened.push(['what is kept of passed calls', observations]);
  const gateway: Gateway = {
    dialects,
    services,
    get callers() {
      return generations.current.directory;
    },
    limits: createLimits(storage.counters, () => generations.current.config.limits),
    metrics,
    log,
    tracer,
    get access() {
      return generations.current.config.log.access;
    },
    lifetime,
    subscriptions,
    times,
    shed,
    permits: createPermits({ bounds: () => generations.current.config.limits, strain, shed }),
    get passThrough() {
      return generations.current.passThrough;
    },
    observations,
    maxUploadBytes: config.uploads.maxBytes,
    maxKeyedBodyBytes: config.limits.bodyBytes,
    uploadPermits: createUploadPlaces(config.uploads.maxBytes),
    pace: createPace(times),
  };
  observe(metrics, () => generations.current.config, gateway.permits);
  const missing = createReadiness(() => storage.store.check(), { events: watch });
  if (config.store.engine === 'redis') opened.push(['the look at the store', keepLooking(missing)]);
  const surroundings = {
    ownDialect: adminApi,
    trustProxy: config.listen.trustProxy,
    hosts: () => generations.current.config.listen.hosts,
    missing,
    readMetrics: options.readMetrics ?? (() => metrics.registry.metrics()),
  };
  const servers = await openServers(gateway, surroundings, config);
  place.url = servers.url;
  return servers;
}
