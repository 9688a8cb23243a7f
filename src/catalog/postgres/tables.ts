import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Facet, RejectedRow } from '../catalog.ts';
import type { FieldErrors } from '../field-errors.ts';
import { databaseFailure } from './database.ts';

/** The tables of a catalogue, as SQL names them. What is filled has other names than what is asked. */
export interface Tables {
  readonly products: string;
  readonly words: string;
  /** Only while the others are filled: what products are not to be looked up by. */
  readonly shared: string;
}

/** A name is at most 63 bytes long to PostgreSQL. */
const maxName = 40;

function tablesOf(prefix: string, name: string): Tables {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const short = name.length > maxName ? `${name.slice(0, maxName - 9)}-${hash}` : name;
  // Names of catalogues have no quotation marks; what kind of table it is comes first, so that no two have one name.
  const named = (kind: string): string => `"${prefix}${kind}_${short}"`;
  return { products: named('products'), words: named('words'), shared: named('shared') };
}

export const askedTables = (name: string): Tables => tablesOf('dragoman_', name);
export const filledTables = (name: string): Tables => tablesOf('dragoman_new_', name);

/** What is kept of a catalogue beside its products. */
export interface Summary {
  readonly size: number;
  readonly currency?: string;
  readonly brands: readonly Facet[];
  readonly categories: readonly Facet[];
  readonly rejected: readonly RejectedRow[];
  readonly rejectedCount: number;
  readonly fieldErrors: FieldErrors;
}

/** What stands in the tables of a catalogue. */
export interface Edition {
  /** Each is greater than the one before. */
  readonly version: number;
  /** Stands for all that it was made from. */
  readonly source: string;
  /** How long it took to fill. */
  readonly seconds: number;
  readonly summary: Summary;
}

/** What the tables look like: others than these are filled anew. */
const layout = 1;

/** Asks for a catalogue's edition, by `editionValues`: none where there is none of this layout, or its tables are gone. */
export const editionQuery = `select version, source, seconds, summary from dragoman_catalogs
  where name = $1 and layout = $2 and to_regclass($3) is not null and to_regclass($4) is not null`;

export function editionValues(name: string): readonly unknown[] {
  const { products, words } = askedTables(name);
  return [name, layout, products, words];
}

export interface EditionRow {
  readonly version: number;
  readonly source: string;
  readonly seconds: number;
  readonly summary: string;
}

export const readEdition = ({ summary, ...rest }: EditionRow): Edition => ({
  ...rest,
  summary: JSON.parse(summary) as Summary, // what `swap` has written
});

/** Locks of other programs have other numbers. */
export const lockSpace = 0x44_72_61_67;

/** Makes what all catalogues of a database need. Throws, with what to do, where it cannot be made. */
export async function prepareDatabase(client: pg.Client): Promise<void> {
  const encoding = await client.query<{ server_encoding: string }>('show server_encoding');
  if (encoding.rows[0]?.server_encoding !== 'UTF8')
    throw new Error(
      "The catalogue's database must have the encoding UTF8: make one with `create database … encoding 'UTF8'`",
    );
  await client.query('begin');
  try {
    // Of two processes that make the same thing at once, one would fail.
    await client.query('select pg_advisory_xact_lock($1, 0)', [lockSpace]);
    await client.query(`create table if not exists dragoman_catalogs (
      name text primary key, layout int not null, version int not null, source text not null,
      seconds float8 not null, summary text not null,
      filled_at timestamptz not null default now())`);
    const known = await client.query("select from pg_extension where extname = 'pg_trgm'");
    if (known.rowCount === 0) await createTrigrams(client);
    await client.query('commit');
  } catch (failure) {
    await client.query('rollback').catch(() => undefined);
    throw failure;
  }
}

async function createTrigrams(client: pg.Client): Promise<void> {
  try {
    await client.query('create extension pg_trgm');
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new Error(
      `The catalogue's database has no pg_trgm, which finds mistyped words, and it cannot be made (${why}): have an administrator run ` +
        '`create extension pg_trgm` in that database; it comes with the package postgresql-contrib where the server lacks it',
      { cause: databaseFailure(failure) },
    );
  }
}

/** Makes the tables that are to be filled; what a load that was broken off has left is gone. */
export async function createTables(client: pg.Client, tables: Tables): Promise<void> {
  const { products, words, shared } = tables;
  await dropTables(client, tables);
  await client.query(`create table ${products} (
    place bigint not null, id text not null, on_sale bool not null, available bool not null, price float8,
    since float8 not null, until float8 not null, words tsvector not null, keys text[] not null, item text not null)`);
  await client.query(`create table ${words} (stem text collate "C" not null, products int not null)`);
  await client.query(`create unlogged table ${shared} (key text not null)`);
}

/** Has tables that were being filled be gone. */
export async function dropTables(client: pg.Client, { products, words, shared }: Tables): Promise<void> {
  await client.query(`drop table if exists ${products}, ${words}, ${shared}`);
}

/** Counts in how many products each word is, in the database itself: what is looked up by a mark is no word. */
export async function countWords(client: pg.Client, { products, words }: Tables): Promise<void> {
  await client.query(
    `insert into ${words} (stem, products) select word, ndoc from ts_stat($1) where word !~ '^[a-z]:'`,
    [`select words from ${products}`],
  );
}

/** Takes the keys from products that several of them share, where there are any. */
export async function dropShared(client: pg.Client, { products, shared }: Tables): Promise<void> {
  await client.query(
    `update ${products} set keys = array(select key from unnest(keys) as key where key not in (select key from ${shared}))
     where exists (select from ${shared})
       and exists (select from unnest(keys) as key where key in (select key from ${shared}))`,
  );
  await client.query(`drop table ${shared}`);
}

/** What makes tables quick to ask, when they are full. */
export async function indexTables(client: pg.Client, { products, words }: Tables): Promise<void> {
  for (const index of [
    `unique index on ${products} (place)`,
    `index on ${products} using gin (words) with (fastupdate = off)`,
    `index on ${products} using gin (keys) with (fastupdate = off)`,
    `index on ${products} (price) where on_sale`,
    `index on ${products} (available desc, place) where on_sale`,
    `unique index on ${words} (stem)`,
    `index on ${words} using gist (stem gist_trgm_ops) where stem !~ '[0-9]'`,
  ])
    await client.query(`create ${index}`);
  for (const table of [products, words]) await client.query(`vacuum (analyze) ${table}`);
}

/** Puts filled tables in the place of those that are asked, in one step, and says what they are. Rejects while somebody holds those. */
export async function swapTables(client: pg.Client, name: string, edition: Edition): Promise<void> {
  const [asked, filled] = [askedTables(name), filledTables(name)];
  await client.query('begin');
  try {
    // Whoever asks meanwhile waits behind this.
    await client.query(`set local lock_timeout = ${swapWaitMs}`);
    for (const table of ['products', 'words'] as const) {
      await client.query(`drop table if exists ${asked[table]}`);
      await client.query(`alter table ${filled[table]} rename to ${asked[table]}`);
    }
    await client.query(
      `insert into dragoman_catalogs (name, layout, version, source, seconds, summary) values ($1, $2, $3, $4, $5, $6)
       on conflict (name) do update set layout = $2, version = $3, source = $4, seconds = $5, summary = $6, filled_at = now()`,
      [name, layout, edition.version, edition.source, edition.seconds, JSON.stringify(edition.summary)],
    );
    await client.query('commit');
  } catch (failure) {
    await client.query('rollback').catch(() => undefined);
    throw failure;
  }
}

/** As long as questions may wait for a swap that waits itself. Our choice. */
const swapWaitMs = 500;
