import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import type { CatalogItem } from '../catalog-item.ts';
import type { Pause, TakeProduct } from '../load.ts';
import { createRowMaker, type ProductRow, type ReadProduct } from './rows.ts';
import type { Tables } from './tables.ts';

/** As much goes to the database in one statement. */
const batchCharacters = 1_000_000;
const batchRows = 1_000;

/** Puts products into a table as they are read. */
export interface ProductWriter {
  take: TakeProduct;
  /** Sends what was taken, as soon as that is a statement's worth; the one before it is through then. Rejects where the database does. */
  pause: Pause;
  /** Sends the rest. */
  finish(): Promise<void>;
}

/** What is read is no more than two statements ahead of the database: one that is on its way, and one that is being made. */
export function createProductWriter(
  client: pg.Client,
  { tables, version }: { readonly tables: Tables; readonly version: number },
): ProductWriter {
  const { rowsOf, sharedKeys } = createRowMaker();
  let taken: ReadProduct[] = [];
  let products = 0;
  let characters = 0;
  let place = 0;
  let sending: Promise<unknown> = Promise.resolve();

  const send = async (batch: readonly ProductRow[]): Promise<void> => {
    await sending;
    sending = insert(client, tables.products, { version, place, batch });
    sending.catch(() => undefined); // it is awaited with the next one
    place += batch.length;
  };
  const sendAll = async (): Promise<void> => {
    let batch: ProductRow[] = [];
    let size = 0;
    for (const product of taken) {
      for (const row of rowsOf(product)) {
        batch.push(row);
        size += row.item.length + row.vector.length;
        if (batch.length < batchRows && size < batchCharacters) continue;
        await send(batch);
        [batch, size] = [[], 0];
      }
    }
    if (batch.length > 0) await send(batch);
    taken = [];
    characters = 0;
    if (sharedKeys.length >= batchRows) await sendShared();
  };
  const sendShared = async (): Promise<void> => {
    await sending;
    await client.query(`insert into ${tables.shared} select unnest($1::text[])`, [sharedKeys.splice(0)]);
  };

  return {
    take(item, changes) {
      taken.push({ number: products, item, changes });
      products += 1;
      characters += sizeOf(item);
    },
    async pause() {
      // What is found by is about as long as what is shown.
      if (taken.length >= batchRows || characters * 2 >= batchCharacters) await sendAll();
      else await setImmediate();
    },
    async finish() {
      await sendAll();
      await sendShared();
      await sending;
    },
  };
}

/** About how long a product is. */
const sizeOf = ({ description = '', variants = [], attributes = [] }: CatalogItem): number =>
  400 + description.length + 200 * variants.length + 40 * attributes.length;

interface Batch {
  readonly version: number;
  /** How many rows there are before it. */
  readonly place: number;
  readonly batch: readonly ProductRow[];
}

function insert(client: pg.Client, table: string, { version, place, batch }: Batch): Promise<unknown> {
  const column = (read: (row: ProductRow) => unknown) => batch.map(read);
  return client.query(
    `insert into ${table} (place, id, on_sale, available, price, since, until, words, keys, item)
     select ($1::bigint << 32) + $2::bigint + n, id, on_sale, available, price, since, until, words::tsvector,
       array(select jsonb_array_elements_text(keys::jsonb)), item
     from unnest($3::text[], $4::bool[], $5::bool[], $6::float8[], $7::float8[], $8::float8[], $9::text[], $10::text[], $11::text[])
       with ordinality as rows (id, on_sale, available, price, since, until, words, keys, item, n)`,
    [
      version,
      place,
      column(({ id }) => id),
      column(({ isOnSale }) => isOnSale),
      column(({ isAvailable }) => isAvailable),
      column(({ price }) => price),
      column(({ since }) => since),
      column(({ until }) => until),
      column(({ vector }) => vector),
      column(({ keys }) => JSON.stringify(keys)),
      column(({ item }) => item),
    ],
  );
}
