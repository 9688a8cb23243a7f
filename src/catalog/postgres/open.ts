import { LRUCache } from 'lru-cache';
import type { Catalog, CatalogMatch } from '../catalog.ts';
import type { CatalogItem } from '../catalog-item.ts';
import { fold, stemOf } from '../words.ts';
import {
  createDatabase,
  type Database,
  type DatabaseSettings,
  type DatabaseWatch,
  isTableMissing,
} from './database.ts';
import { type EditionsOptions, type EditionsWatch, openEditions } from './editions.ts';
import { keyOfChoice, keyOfId, keysForUrl } from './rows.ts';
import { findPlaces } from './search.ts';
import { askedTables } from './tables.ts';

/** Is told of a catalogue that a database has. */
export type PostgresWatch = DatabaseWatch & EditionsWatch;

export interface PostgresOptions extends Omit<EditionsOptions, 'database' | 'watch' | 'now'>, DatabaseSettings {
  readonly watch: PostgresWatch;
  /** What time it is, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A catalogue whose products a database has, for as many processes and machines as ask it. */
export interface PostgresCatalog extends Catalog {
  readonly database: Pick<Database, 'connections' | 'waiting'>;
  /** Resolves when the tables are filled from the file as it is now, or that was given up. */
  keepUp(): Promise<void>;
}

/** Products that were read lately: searches give their places alone. Our choice. */
const maxItems = 10_000;
const maxItemCharacters = 32_000_000;

/** No more ids, and no longer ones, are looked up at once. */
const maxIds = 2_000;
const maxId = 1_000;

/**
 * Opens a catalogue in a database. Tables that are there are asked at once, and filled anew meanwhile where the file is another than
 * they were filled from; where there are none, they are filled first. While the database is away, what is asked rejects with
 * `upstream-unavailable`. Throws where the database refuses, or where there is neither a table nor a file that can be taken.
 */
export async function openPostgresCatalog({
  url,
  connections,
  timeoutMs,
  watch,
  now = Date.now,
  ...filling
}: PostgresOptions): Promise<PostgresCatalog> {
  const database = createDatabase({ url, connections, timeoutMs }, watch);
  const editions = await openEditions({ ...filling, url, database, watch, now }).catch(async (failure: unknown) => {
    await database.close();
    throw failure;
  });
  const { name } = filling;
  const tables = askedTables(name);
  const items = new LRUCache<string, CatalogItem>({ max: maxItems, maxSize: maxItemCharacters });

  const ask = async <Row extends object>(text: string, values: readonly unknown[], signal: AbortSignal | undefined) => {
    editions.current();
    try {
      return await database.ask<Row>(text, values, signal);
    } catch (failure) {
      if (isTableMissing(failure)) void editions.keepUp();
      throw failure;
    }
  };
  /** A row as a product. The same row is the same product for as long as it is remembered. */
  const itemOf = ({ place, item }: ItemRow): CatalogItem => {
    editions.noticed(versionOf(place));
    const known = items.get(place);
    if (known !== undefined) return known;
    const product = JSON.parse(item) as CatalogItem; // what `rowsOf` has written
    items.set(place, product, { size: item.length });
    return product;
  };
  const itemsAt = async (places: readonly string[], signal: AbortSignal | undefined) => {
    const known = new Map<string, CatalogItem>();
    const missing: string[] = [];
    for (const place of places) {
      const item = items.get(place);
      if (item === undefined) missing.push(place);
      else known.set(place, item);
    }
    if (missing.length > 0) {
      const sql = `select place::text, item from ${tables.products} where place = any($1::bigint[])`;
      for (const row of await ask<ItemRow>(sql, [missing], signal)) known.set(row.place, itemOf(row));
    }
    return known;
  };
  const isThen = (parameter: string): string => `since <= ${parameter}::float8 and until > ${parameter}::float8`;

  return {
    name,
    database,
    keepUp: editions.keepUp,
    get size() {
      return editions.summary().size;
    },
    get currency() {
      return editions.summary().currency;
    },
    get brands() {
      return editions.summary().brands;
    },
    get categories() {
      return editions.summary().categories;
    },
    get rejected() {
      return editions.summary().rejected;
    },
    get rejectedCount() {
      return editions.summary().rejectedCount;
    },
    get fieldErrors() {
      return editions.summary().fieldErrors;
    },

    async search(query, signal) {
      const { summary } = editions.current();
      const asking = { database: { ask }, tables, size: summary.size, now: now(), signal };
      for (let tries = 2; ; tries -= 1) {
        const found = await findPlaces(query, asking);
        const known = await itemsAt(
          found.map(({ place }) => place),
          signal,
        );
        // Between the two the tables may have been swapped.
        if (known.size < found.length && tries > 0) continue;
        return found.flatMap(({ place, ...match }): CatalogMatch[] => {
          const item = known.get(place);
          return item === undefined ? [] : [{ ...match, item }];
        });
      }
    },

    async get(ids, signal) {
      const asked = ids.slice(0, maxIds).filter((id) => id.length <= maxId);
      if (asked.length === 0) return new Map();
      const rows = await ask<ItemRow & { readonly n: string; readonly own: boolean }>(
        `select asked.n, asked.own, place::text, item
         from unnest($1::text[], $2::int[], $3::bool[]) as asked (key, n, own)
         join ${tables.products} on keys @> array[asked.key] and ${isThen('$4')}
         order by asked.own, place desc`,
        [
          asked.flatMap((id) => [keyOfId(id), keyOfChoice(id)]),
          asked.flatMap((_, place) => [place, place]),
          asked.flatMap(() => [true, false]),
          now(),
        ],
        signal,
      );
      // Of several the last one counts: the product with that id before those with a choice of it, the first in the file.
      const found = new Map(rows.map((row) => [Number(row.n), itemOf(row)]));
      return new Map(
        asked.flatMap((id, place) => {
          const item = found.get(place);
          return item === undefined ? [] : [[id, item] as const];
        }),
      );
    },

    async findByUrl(address, signal) {
      const keys = keysForUrl(address);
      if (keys.length === 0) return undefined;
      const [row] = await ask<ItemRow>(
        `select place::text, item from unnest($1::text[]) with ordinality as asked (key, n)
         cross join lateral (
           select place, item from ${tables.products}
           where keys @> array[asked.key] and on_sale and ${isThen('$2')} order by place + 0 limit 1) as found
         order by n limit 1`,
        [keys, now()],
        signal,
      );
      return row && itemOf(row);
    },

    async known(words, signal) {
      const stems = new Map(Array.from(words, (word) => [word, stemOf(fold(word))]));
      const asked = [...new Set(stems.values())].filter((stem) => stem !== '' && !stem.includes('\0'));
      if (asked.length === 0) return new Set();
      const sql = `select stem from ${tables.words} where stem = any($1::text[])`;
      const found = new Set((await ask<{ stem: string }>(sql, [asked], signal)).map(({ stem }) => stem));
      return new Set([...stems].filter(([, stem]) => found.has(stem)).map(([word]) => word));
    },

    async close() {
      editions.close();
      await database.close();
    },
  };
}

interface ItemRow {
  readonly place: string;
  readonly item: string;
}

/** The edition that a place is of: each has places of its own. */
const versionOf = (place: string): number => Number(BigInt(place) >> 32n);
