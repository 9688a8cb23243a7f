import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  fillCatalog,
  openPostgresCatalog,
  type PostgresCatalog,
  type PostgresOptions,
} from '../../../src/catalog/index.ts';
import { lockSpace } from '../../../src/catalog/postgres/tables.ts';
import { catalogContract, type OpenRows } from '../../support/catalog-contract.ts';
import { hasAll } from '../../support/needs.ts';
import { hasPostgres, type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { fileOf } from './files.ts';

const quiet = { asked: () => {}, away: () => {}, back: () => {}, untaken: () => {}, changed: () => {} };

describe.runIf(hasAll({ PostgreSQL: hasPostgres() }))('the catalogue in PostgreSQL', () => {
  let server: PostgresServer;
  const opened: PostgresCatalog[] = [];
  let names = 0;
  let isThere = true;

  const openFile = async (file: string, settings: Partial<PostgresOptions> = {}): Promise<PostgresCatalog> => {
    names += 1;
    const catalog = await openPostgresCatalog({
      name: `test-${names}`,
      url: server.url,
      connections: 4,
      timeoutMs: 5_000,
      maxShrink: 0.5,
      source: { file, format: 'ndjson' },
      watch: quiet,
      ...settings,
    });
    opened.push(catalog);
    if (isThere) await catalog.keepUp();
    return catalog;
  };
  const ndjson = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
  const open: OpenRows = async (rows, { currency, now } = {}) => {
    const file = await fileOf('products.ndjson', ndjson(rows));
    return openFile(file, {
      source: { file, format: 'ndjson', ...(currency !== undefined && { currency }) },
      ...(now && { now }),
    });
  };

  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    for (const catalog of opened) await catalog.close();
    await server.remove();
  });

  catalogContract(open);

  const lamps = (count: number) =>
    Array.from({ length: count }, (_, place) => ({ id: `${place}`, title: `Lamp ${place}` }));
  const sizeOf = async (catalog: PostgresCatalog) => (await catalog.search({ text: 'lamp', limit: 900 })).length;

  describe('is filled', () => {
    it('once, by one of several who want it at the same time; the others use what it filled', async () => {
      const file = await fileOf('products.ndjson', ndjson(lamps(50)));
      const filling = {
        name: 'together',
        url: server.url,
        maxShrink: 0.5,
        source: { file, format: 'ndjson' as const },
      };
      const filled = await Promise.all([fillCatalog(filling), fillCatalog(filling), fillCatalog(filling)]);
      expect(filled.map(({ outcome }) => outcome).toSorted()).toEqual(['filled', 'there', 'there']);
      expect(await fillCatalog(filling)).toMatchObject({ outcome: 'there' });
      expect(await fillCatalog({ ...filling, again: true })).toMatchObject({ outcome: 'filled' });
      const catalog = await openFile(file, { name: 'together' });
      await catalog.keepUp();
      expect([catalog.size, await sizeOf(catalog)]).toEqual([50, 50]);
    });

    it('anew when its file changes; whoever has it open goes on with the new products', async () => {
      const file = await fileOf('products.ndjson', ndjson(lamps(10)));
      const changed: number[] = [];
      const watch = { ...quiet, changed: ({ summary }: { summary: { size: number } }) => changed.push(summary.size) };
      const catalog = await openFile(file, { name: 'changing', watch });
      const elsewhere = await openFile(file, { name: 'changing' });
      await writeFile(file, ndjson([...lamps(12), { id: 'desk', title: 'Desk' }]));
      await catalog.keepUp();
      expect([await sizeOf(catalog), await sizeOf(elsewhere)]).toEqual([12, 12]);
      await vi.waitFor(() => expect([catalog.size, elsewhere.size]).toEqual([13, 13]));
      expect(changed).toEqual([10, 13]);
    });

    it('not from a file that has shrunk, and says so', async () => {
      const file = await fileOf('products.ndjson', ndjson(lamps(10)));
      const untaken: unknown[] = [];
      const catalog = await openFile(file, { watch: { ...quiet, untaken: (failure) => untaken.push(failure) } });
      await writeFile(file, ndjson(lamps(4)));
      await catalog.keepUp();
      expect(untaken).toEqual([expect.objectContaining({ name: 'FeedRefused', reason: 'shrunk' })]);
      expect(await sizeOf(catalog)).toBe(10);
      await writeFile(file, 'no products');
      await catalog.keepUp();
      expect([untaken.length, await sizeOf(catalog)]).toEqual([2, 10]);
    });

    it('whole or not at all: of a load that is broken off nothing is seen, and the next one succeeds', async () => {
      const file = await fileOf('products.ndjson', ndjson(lamps(10)));
      const catalog = await openFile(file, { name: 'broken' });
      await writeFile(file, ndjson(lamps(3_000)));
      const holder = await server.client();
      // The load is stopped where it has filled its tables, and cannot swap them.
      await holder.query('begin; lock table "dragoman_products_broken" in access share mode');
      const filling = { name: 'broken', url: server.url, maxShrink: 0.5, source: { file, format: 'ndjson' as const } };
      const broken = fillCatalog(filling);
      broken.catch(() => undefined);
      const loading = `select pid from pg_locks where locktype = 'advisory' and classid = ${lockSpace} and objid = (
        select hashtext('broken')::bigint & 4294967295) and exists (
        select from pg_indexes where tablename = 'dragoman_new_words_broken' having count(*) = 2)`;
      await vi.waitFor(async () => expect(await server.run(loading)).toHaveLength(1), {
        timeout: 20_000,
        interval: 50,
      });
      await server.run(`select pg_terminate_backend(pid) from (${loading}) as loading`);
      await expect(broken).rejects.toMatchObject({ code: 'upstream-unavailable' });
      await holder.query('commit');
      expect(await sizeOf(catalog)).toBe(10);
      await catalog.keepUp();
      expect(await sizeOf(catalog)).toBe(900);
    });
  });

  describe('whose database', () => {
    const away = { code: 'upstream-unavailable' };

    it('is gone is refused at once, and answers when it is there again', async () => {
      const file = await fileOf('products.ndjson', ndjson(lamps(5)));
      const told: string[] = [];
      const watch = { ...quiet, away: () => told.push('away'), back: () => told.push('back') };
      const catalog = await openFile(file, { watch });
      expect(await sizeOf(catalog)).toBe(5);
      await server.stop();
      await expect(catalog.search({ text: 'lamp', limit: 1 })).rejects.toMatchObject(away);
      await expect(catalog.get(['1'])).rejects.toMatchObject(away);
      // One that begins while it is away is there with it.
      isThere = false;
      const begun = await openFile(file);
      isThere = true;
      await expect(begun.search({ text: 'lamp', limit: 1 })).rejects.toMatchObject(away);
      await server.start();
      expect(await sizeOf(catalog)).toBe(5);
      expect(told.at(-1)).toBe('back');
      await begun.keepUp();
      expect(await sizeOf(begun)).toBe(5);
    });

    it('hangs is given up in time, and so is one whose table is locked', async () => {
      const catalog = await openFile(await fileOf('p.ndjson', ndjson(lamps(5))), { name: 'slow', timeoutMs: 300 });
      server.pause();
      await expect(catalog.search({ text: 'lamp', limit: 1 })).rejects.toMatchObject(away);
      server.resume();
      const holder = await server.client();
      await holder.query('begin; lock table "dragoman_products_slow" in access exclusive mode');
      await expect(catalog.search({ text: 'lamp', limit: 1 })).rejects.toMatchObject(away);
      await holder.query('commit');
      await vi.waitFor(async () => expect(await sizeOf(catalog)).toBe(5), { timeout: 10_000 });
    });

    it('is let go of by whoever leaves: its question ends there, too', async () => {
      const catalog = await openFile(await fileOf('p.ndjson', ndjson(lamps(5))), { name: 'left', timeoutMs: 60_000 });
      const holder = await server.client();
      await holder.query('begin; lock table "dragoman_products_left" in access exclusive mode');
      const leaving = new AbortController();
      const asked = catalog.search({ text: 'lamp', limit: 1 }, leaving.signal);
      const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%dragoman_products_left%'`;
      await vi.waitFor(async () => expect(await server.run(waiting)).toHaveLength(1), { timeout: 10_000 });
      leaving.abort(new Error('left'));
      await expect(asked).rejects.toThrow('left');
      await vi.waitFor(async () => expect(await server.run(waiting)).toHaveLength(0), { timeout: 10_000 });
      await holder.query('commit');
    });

    it('is asked by no more than so many at once, and what waits beyond a bound is refused', async () => {
      const catalog = await openFile(await fileOf('p.ndjson', ndjson(lamps(5))), { name: 'bound', connections: 2 });
      await catalog.keepUp();
      const holder = await server.client();
      await holder.query('begin; lock table "dragoman_products_bound" in access exclusive mode');
      const asked = Array.from({ length: 60 }, () => catalog.get(['1']).catch(({ message }: Error) => message));
      await vi.waitFor(() => expect(catalog.database.waiting).toBeGreaterThan(30));
      await vi.waitFor(() => expect(catalog.database.connections).toBe(2));
      expect(catalog.database.waiting).toBeLessThanOrEqual(40);
      await holder.query('commit');
      const refused = (await Promise.all(asked)).filter((answer) => typeof answer === 'string');
      expect(refused.length).toBeGreaterThanOrEqual(60 - 40 - 2);
      expect(new Set(refused)).toEqual(new Set(["Too many questions wait for the catalogue's database"]));
    });

    it('has lost its tables is refused, and fills them again', async () => {
      const catalog = await openFile(await fileOf('p.ndjson', ndjson(lamps(5))), { name: 'lost' });
      await server.run('drop table "dragoman_products_lost"');
      await expect(catalog.search({ text: 'lamp', limit: 1 })).rejects.toMatchObject(away);
      await catalog.keepUp();
      expect(await sizeOf(catalog)).toBe(5);
    });

    it('refuses the password, the database, the right or the extension is named with what to do, without the password', async () => {
      await server.run("create role guest login password 'right'");
      await server.run('create database bare');
      const file = await fileOf('p.ndjson', ndjson(lamps(5)));
      const failureOf = async (user: string, database: string): Promise<string> => {
        const url = `postgres://${user}@127.0.0.1:${server.port}/${database}`;
        const failure = await openFile(file, { url }).then(
          () => 'none',
          ({ message }: Error) => message,
        );
        expect(failure).not.toMatch(/wr0ng|guest:|postgres:/);
        return failure;
      };
      expect(await failureOf('guest:wr0ng', 'postgres')).toMatch(/28P01.*refuses the user or the password of `url`/);
      expect(await failureOf('owner', 'nowhere')).toMatch(/no database of the name/);
      expect(await failureOf('guest:right', 'bare')).toMatch(/needs CREATE on its schema/);
      const bare = new URL(server.url);
      bare.pathname = '/bare';
      const owner = new pg.Client(bare.href);
      await owner.connect();
      await owner.query('grant create on schema public to guest');
      await owner.end();
      expect(await failureOf('guest:right', 'bare')).toMatch(/pg_trgm.*`create extension pg_trgm`.*postgresql-contrib/);
    });
  });
});
