import type { StoreConfig } from '../config/index.ts';
import { openEmbeddedStore } from '../stores/embedded/index.ts';
import { createLocalStorage } from '../stores/local/local-storage.ts';
import { openRedisStorage } from '../stores/redis/storage.ts';
import type { Storage } from '../stores/storage.ts';

export interface StorageEvents {
  /** Called with the id of each conversation that is deleted. */
  readonly whenDeleted: (id: string) => void;
}

/** Opens what a configuration names. */
export async function openStorage(settings: StoreConfig, { whenDeleted }: StorageEvents): Promise<Storage> {
  return settings.engine === 'embedded'
    ? createLocalStorage(await openEmbeddedStore({ ...settings, whenDeleted }))
    : openRedisStorage({ ...settings, whenDeleted });
}
