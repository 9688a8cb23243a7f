import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type CatalogItem, isOnSale } from '../catalog-item.ts';
import { categoryParts, countFacets } from '../facets.ts';
import { FeedRefused, refuseShrunk } from '../field-errors.ts';
import { type CatalogSource, type ReadReport, readProducts, type TakeProduct } from '../load.ts';
import { clientSettings, codeOf, databaseFailure } from './database.ts';
import { createProductWriter, type ProductWriter } from './product-writer.ts';
import {
  countWords,
  createTables,
  dropShared,
  dropTables,
  type Edition,
  type EditionRow,
  editionQuery,
  editionValues,
  filledTables,
  indexTables,
  lockSpace,
  prepareDatabase,
  readEdition,
  type Summary,
  swapTables,
  type Tables,
} from './tables.ts';

/** What is to be filled, and from what. */
export interface Filling {
  readonly name: string;
  readonly url: string;
  readonly source: CatalogSource;
  /** The part of the products that may be gone; with more gone, the last good ones stay. */
  readonly maxShrink: number;
  /** Whether it is filled also from what it was filled from before. */
  readonly again?: boolean;
  /** In milliseconds since 1970; prices are those of then, and of later. */
  readonly now?: number;
}

export interface Filled {
  readonly outcome: 'filled' | 'there';
  readonly edition: Edition;
}

/** How long the database may take to be reached, and for one step of filling: an index of half a million products takes one minute. */
const connectMs = 10_000;
const stepMs = 900_000;

/**
 * Fills the tables of a catalogue from its file, and puts them in the place of those that are asked, in one step. Of two processes that
 * do so at once one waits, and finds that it is done. What fails or is broken off changes nothing. Throws `FeedRefused` for a file that
 * is not taken, a `GatewayError` where the database cannot be asked, and a plain `Error` for a file that cannot be read. A signal that is
 * aborted breaks it off.
 */
export async function fillCatalog(filling: Filling, signal?: AbortSignal): Promise<Filled> {
  const client = new pg.Client({
    ...clientSettings({ url: filling.url, timeoutMs: connectMs }),
    query_timeout: stepMs,
  });
  let isThere = false;
  const leave = (): void => {
    isThere = false;
  };
  client.on('error', leave); // why is told by what is asked next, in words of its own
  client.once('end', leave);
  const stop = (): void => void client.end().catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    await client.connect();
    isThere = true;
    await client.query("set statement_timeout = 0; set maintenance_work_mem = '256MB'");
    await prepareDatabase(client);
    // Held until the connection ends, however that comes about.
    await client.query('select pg_advisory_lock($1, hashtext($2))', [lockSpace, filling.name]);
    return await fillLocked(client, filling);
  } catch (failure) {
    const isDatabases = !isThere || failure instanceof pg.DatabaseError || codeOf(failure) !== '';
    throw isDatabases && !(failure instanceof FeedRefused) ? databaseFailure(failure) : failure;
  } finally {
    signal?.removeEventListener('abort', stop);
    await client.end().catch(() => undefined);
  }
}

async function fillLocked(
  client: pg.Client,
  { name, source, maxShrink, again = false, now = Date.now() }: Filling,
): Promise<Filled> {
  const startedAt = performance.now();
  const last = await lastEdition(client, name);
  const identity = await identityOf(source);
  if (last?.source === identity && !again) return { outcome: 'there', edition: last };
  const version = Math.max((last?.version ?? 0) + 1, Math.floor(Date.now() / 60_000));
  const tables = filledTables(name);
  try {
    const summary = await readInto(client, tables, { source, now, version });
    if ((await identityOf(source)) !== identity)
      throw new FeedRefused('changing', `The catalogue ${source.file} was written while it was read`);
    refuseShrunk(source.file, { now: summary.size, before: last?.summary.size ?? 0, maxShrink });
    await indexTables(client, tables);
    const seconds = (performance.now() - startedAt) / 1_000;
    const edition = { version, source: identity, seconds, summary };
    await swap(client, name, edition);
    return { outcome: 'filled', edition };
  } catch (failure) {
    await dropTables(client, tables).catch(() => undefined); // the next load does it
    throw failure;
  }
}

/** Reads a file into tables, product by product. */
async function readInto(
  client: pg.Client,
  tables: Tables,
  { source, now, version }: Pick<Filling, 'source'> & { readonly now: number; readonly version: number },
): Promise<Summary> {
  let summing = createSummary();
  let writer: ProductWriter | undefined;
  let isMade = false;
  let refusal: { readonly failure: unknown } | undefined;
  const pause = async (): Promise<void> => {
    try {
      if (!isMade) await createTables(client, tables);
      isMade = true;
      await writer?.pause();
    } catch (failure) {
      refusal = { failure };
      throw failure;
    }
  };
  const begin = (): TakeProduct => {
    const [sum, write] = [createSummary(), createProductWriter(client, { tables, version })];
    [summing, writer, isMade] = [sum, write, false];
    return (item, changes) => {
      sum.add(item);
      write.take(item, changes);
    };
  };
  const report = await readProducts(source, { now, begin, pause }).catch((failure: unknown) => {
    // What the database has against it is nothing of the file's.
    throw refusal === undefined ? failure : refusal.failure;
  });
  await pause();
  await writer?.finish();
  await dropShared(client, tables);
  await countWords(client, tables);
  return { ...summing.get(), ...report };
}

async function lastEdition(client: pg.Client, name: string): Promise<Edition | undefined> {
  const { rows } = await client.query<EditionRow>(editionQuery, [...editionValues(name)]);
  return rows[0] && readEdition(rows[0]);
}

/** Stands for a file's content and how it is read: two machines that have the same file fill once. */
export async function identityOf({ file, ...reading }: CatalogSource): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(reading));
  try {
    await pipeline(createReadStream(file), hash);
  } catch (cause) {
    throw new Error(`The catalogue ${file} cannot be read: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
  return hash.digest('hex');
}

/** As many brands and categories are told. Our choice: nobody reads more. */
const maxFacets = 2_000;

function createSummary() {
  const [currencies, brands, categories] = [countFacets(), countFacets(), countFacets()];
  let size = 0;
  return {
    add(item: CatalogItem): void {
      size += 1;
      if (!isOnSale(item)) return;
      currencies.add(item.currency);
      brands.add(item.brand);
      categories.add(categoryParts(item.category)[0]);
    },
    get(): Omit<Summary, keyof ReadReport> {
      const [usual] = currencies.get();
      return {
        size,
        ...(usual !== undefined && { currency: usual.name }),
        brands: brands.get().slice(0, maxFacets),
        categories: categories.get().slice(0, maxFacets),
      };
    },
  };
}

/** A swap waits for whoever reads the tables, a backup among them, so often and so long. Our choice. */
const swapTries = 120;
const swapPauseMs = 2_000;

async function swap(client: pg.Client, name: string, edition: Edition): Promise<void> {
  for (let left = swapTries; ; left -= 1) {
    try {
      await swapTables(client, name, edition);
      return;
    } catch (failure) {
      if (!/^(?:55P03|40P01)$/.test(codeOf(failure)) || left === 0) throw failure;
    }
    await wait(swapPauseMs);
  }
}
