import { defined } from '../canonical/index.ts';
import type { Config, StoreConfig } from '../config/index.ts';
import type { Services } from '../conversations/services.ts';
import type { ReadinessEvents } from '../http/readiness.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { AuditBounds } from '../stores/audit-book.ts';
import type { Storage } from '../stores/coordination.ts';
import { openEmbeddedStore } from '../stores/embedded/index.ts';
import type { RoomEvents } from '../stores/embedded/room.ts';
import { createLocalStorage } from '../stores/local/local-coordination.ts';
import type { InsuranceEvents } from '../stores/redis/counters.ts';
import { openRedisStore } from '../stores/redis/index.ts';
import { openRedisStorage } from '../stores/redis/storage.ts';
import type { Store } from '../stores/store.ts';

export interface StorageOptions {
  /** Called with the id of each conversation that is deleted. */
  readonly whenDeleted: (id: string) => void;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Told when the store's disk is full, and when it no longer is. */
  readonly watch: ReadinessEvents;
  /** How long it is kept what operators did, in milliseconds. */
  auditKeepMs(): number;
  /** How long a place is taken without a sign of life of its process, in milliseconds; the counters' own time unless told. */
  readonly keepPlacesMs?: number | undefined;
}

/** Opens what a configuration names. */
export async function openStorage(settings: StoreConfig, options: StorageOptions): Promise<Storage> {
  const { whenDeleted, watch, metrics, keepPlacesMs, auditKeepMs } = options;
  const common = { whenDeleted, audit: { keepMs: auditKeepMs }, asked: metrics.storeAsked };
  if (settings.engine === 'embedded') {
    const room: RoomEvents = { whenFull: watch.away, whenRoom: watch.back, whenSeen: metrics.storeSpace };
    const store = await openEmbeddedStore({ ...settings, ...room, ...common });
    return { ...createLocalStorage(store, store.amounts), backUp: store.backUp };
  }
  const counting = defined({ events: tellOfInsurance(options), keepPlacesMs });
  return openRedisStorage({ ...settings, ...common, counting });
}

/** Who serves nobody waits for a busy Redis. Our choice, in milliseconds. */
const patientMs = 30_000;

/** Opens the store alone, for a program that serves nobody. In a folder nothing is deleted for its age: a gateway sees to that. */
export function openStore(settings: StoreConfig, audit: Pick<AuditBounds, 'keepMs'>): Promise<Store> {
  if (settings.engine === 'redis') return openRedisStore({ ...settings, audit, withinMs: patientMs });
  const { retentionDays: _, ...rest } = settings;
  return openEmbeddedStore({ ...rest, audit });
}

/** Backups of the store, where the configuration names a folder for them. */
export function backUpsOf(
  { store, uploads }: Pick<Config, 'store' | 'uploads'>,
  { backUp }: Pick<Storage, 'backUp'>,
  log: Logger,
): Pick<Services, 'backUp'> {
  if (store.engine !== 'embedded' || store.backups === undefined || backUp === undefined) return {};
  const place = { folder: store.backups, ...(uploads.kind === 'folder' && { uploads: uploads.path }) };
  return {
    async backUp() {
      const backup = await backUp(place);
      log.info({ ...backup, folder: place.folder }, 'a backup was made');
      return backup;
    },
  };
}

function tellOfInsurance({ log, metrics }: Pick<StorageOptions, 'log' | 'metrics'>): InsuranceEvents {
  return {
    whenAway({ message }) {
      metrics.limitsInsured(true);
      log.warn({ reason: message }, 'Redis unavailable: each process counts limits by itself');
    },
    whenBack() {
      metrics.limitsInsured(false);
      log.info('Redis available again: limits hold over all processes');
    },
    whenInsured: metrics.limitInsured,
  };
}
