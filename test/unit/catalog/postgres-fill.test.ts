import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillCatalog, openPostgresCatalog } from '../../../src/catalog/index.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { hasAll } from '../../support/needs.ts';
import { hasPostgres, type PostgresServer, startPostgres } from '../../support/postgres-server.ts';
import { writeProducts } from '../../support/products.mjs';
import { fileOf } from './files.ts';

const ndjson = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');
const compiled = new URL('../../../dist/catalog/index.js', import.meta.url);
const watch = { asked: () => {}, away: () => {}, back: () => {}, untaken: () => {}, changed: () => {} };

describe.runIf(hasAll({ PostgreSQL: hasPostgres() }))('a catalogue that is loaded into PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.remove());

  const fillingOf = (name: string, file: string) =>
    ({ name, url: server.url, maxShrink: 0.5, source: { file, format: 'ndjson' } }) as const;
  const open = (name: string, file: string, url = server.url) =>
    openPostgresCatalog({ ...fillingOf(name, file), url, connections: 2, timeoutMs: 5_000, watch });

  it('is sent as it is read, a thousand rows a statement, or a million characters', async () => {
    const rows = (count: number, description: string) =>
      Array.from({ length: count }, (_, place) => ({ id: `${place}`, title: `Lamp ${place}`, description }));
    const statementsOf = async (name: string, file: string): Promise<number> => {
      await fillCatalog(fillingOf(name, file));
      const sql = `select count(distinct xmin::text)::int as statements from "dragoman_products_${name}"`;
      return (await server.run<{ statements: number }>(sql))[0]?.statements ?? 0;
    };
    const short = await statementsOf('short', await fileOf('short.ndjson', ndjson(rows(3_000, 'small'))));
    expect(short).toBeGreaterThanOrEqual(3);
    expect(short).toBeLessThanOrEqual(5);
    const long = await statementsOf('long', await fileOf('long.ndjson', ndjson(rows(300, 'so '.repeat(5_000)))));
    expect(long).toBeGreaterThanOrEqual(5);
  });

  it('knows how many products have each word, and finds a page that several products share by its query alone', async () => {
    const page = (id: number) => ({ url: `https://shop.example/product?id=${id}` });
    const own = { url: 'https://shop.example/own' };
    const rows = [
      ...[1, 2, 3].map((id) => ({ id: `${id}`, title: `Blue lamp ${id}`, ...page(id) })),
      { id: '4', title: 'Red lamp', ...own },
      { id: '5', title: 'Red lamp', ...own },
      { id: '6', title: 'Grey lamp', status: 'draft' },
    ];
    const file = await fileOf('pages.ndjson', ndjson(rows));
    const catalog = await open('pages', file);
    const idAt = async (path: string) => (await catalog.findByUrl(`https://shop.example/${path}`))?.id;
    expect([await idAt('product?id=2'), await idAt('product'), await idAt('product?id=9')]).toEqual([
      '2',
      undefined,
      undefined,
    ]);
    expect([await idAt('own'), await idAt('own?from=mail')]).toEqual(['4', '4']);
    await catalog.close();
    const words = await server.run<object>('select stem, products from "dragoman_words_pages" order by stem');
    expect(words).toEqual(
      Object.entries({ 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, blue: 3, lamp: 5, red: 2 }).map(([stem, products]) => ({
        stem,
        products,
      })),
    );
  });

  it('leaves no table behind where it is not taken', async () => {
    const lamps = (count: number) => ndjson(Array.from({ length: count }, (_, id) => ({ id: `${id}`, title: 'Lamp' })));
    await fillCatalog(fillingOf('shrinking', await fileOf('ten.ndjson', lamps(10))));
    const four = fillingOf('shrinking', await fileOf('four.ndjson', lamps(4)));
    await expect(fillCatalog(four)).rejects.toMatchObject({ reason: 'shrunk' });
    const left = `select tablename from pg_tables where tablename like 'dragoman_new_%'`;
    expect(await server.run(left)).toEqual([]);
  });

  it.runIf(existsSync(compiled))(
    'takes no more memory the more there is: 10,000 products in a heap of 24 MB',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'catalog-fill-'));
      try {
        const file = join(folder, 'products.ndjson');
        await writeProducts(file, 10_000);
        const script = `
        import { fillCatalog } from ${JSON.stringify(compiled.href)};
        const { edition } = await fillCatalog(JSON.parse(process.env.FILLING));
        console.log(edition.summary.size);`;
        const run = promisify(execFile)(
          process.execPath,
          ['--max-old-space-size=24', '--input-type=module', '-e', script],
          {
            env: { ...process.env, FILLING: JSON.stringify(fillingOf('bounded', file)) },
          },
        );
        expect((await run).stdout).toBe('10000\n');
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    120_000,
  );
});

const certificate = hasPostgres() ? makeCertificate() : undefined;

describe.runIf(hasAll({ 'PostgreSQL and openssl': certificate !== undefined }))(
  'a catalogue in PostgreSQL over TLS',
  () => {
    let server: PostgresServer;
    let file: string;
    beforeAll(async () => {
      server = await startPostgres(certificate);
      await server.run('create role sealed login; create extension pg_trgm; grant create on schema public to sealed');
      file = await fileOf('products.ndjson', ndjson([{ id: '1', title: 'Lamp' }]));
    });
    afterAll(() => server.remove());

    const openOver = (query: string) =>
      openPostgresCatalog({
        name: 'sealed',
        url: `postgres://sealed@127.0.0.1:${server.port}/postgres?${query}`,
        source: { file, format: 'ndjson' },
        ...{ connections: 1, timeoutMs: 5_000, maxShrink: 1, watch },
      });

    it('is loaded and asked where the server has the certificate of the authority that the URL names', async () => {
      const catalog = await openOver(`sslmode=verify-full&sslrootcert=${certificate?.certificate ?? ''}`);
      await catalog.keepUp();
      expect((await catalog.search({ text: 'lamp', limit: 5 })).length).toBe(1);
      const sealed =
        "select ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'dragoman'";
      expect(await server.run(sealed)).toEqual([{ ssl: true }]);
      await catalog.close();
    });

    it('is not asked where nobody vouches for the certificate, nor without TLS', async () => {
      const other = makeCertificate()?.certificate ?? '';
      for (const query of ['sslmode=verify-full', `sslmode=verify-full&sslrootcert=${other}`]) {
        const catalog = await openOver(query);
        await expect(catalog.search({ text: 'lamp', limit: 5 }), query).rejects.toMatchObject({
          code: 'upstream-unavailable',
        });
        await catalog.close();
      }
      await expect(openOver('sslmode=disable')).rejects.toMatchObject({ code: 'upstream-rejected' });
    });
  },
);
