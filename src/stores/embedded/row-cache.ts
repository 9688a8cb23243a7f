import { LRUCache } from 'lru-cache';
import type { Write } from './database.ts';
import { isRecordKey, type Key } from './keys.ts';

/** Conversations that were read or written lately, so that a turn does not parse the same record three times. */
export interface RowCache {
  get<V>(key: Key<V>): V | undefined;
  /** Remembers what was read. */
  read(key: Key<unknown>, value: unknown, text: string): void;
  /** Remembers what was committed. */
  written(writes: readonly Write[]): void;
}

/** In characters of JSON; in memory a row takes a few times as much. */
const maxSize = 8_388_608;
/** More than the largest conversation that a client can make, bound by bound. */
const maxEntrySize = 65_536;

export function createRowCache(): RowCache {
  const rows = new LRUCache<string, object>({ maxSize, maxEntrySize });
  function keep(key: Key<unknown>, value: unknown, text: string): void {
    if (!isRecordKey(key)) return;
    if (typeof value === 'object' && value !== null) rows.set(key, value, { size: text.length });
  }
  return {
    get: <V>(key: Key<V>) => rows.get(key) as V | undefined, // it was put in under the same typed key
    read: keep,
    written(writes) {
      for (const { key, value, text } of writes) {
        if (text === undefined) rows.delete(key);
        else keep(key, value, text);
      }
    },
  };
}
