import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../src/cli/commands.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll } from '../support/needs.ts';
import { hasPostgres, type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { writeConfig } from '../support/program.mjs';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const password = 'a-password-of-no-log';

describe.runIf(hasAll({ PostgreSQL: hasPostgres() }))('a catalogue in a database', () => {
  let server: PostgresServer;
  let folder: string;
  let file: string;
  let gateway: TestGateway;
  beforeAll(async () => {
    server = await startPostgres();
    await server.run(`create role guest login password '${password}'`);
    await server.run('create extension pg_trgm; grant create on schema public to guest');
    folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    file = join(folder, 'feed.ndjson');
  });
  afterEach(() => gateway.close());
  afterAll(async () => {
    await server.remove();
    await rm(folder, { recursive: true });
  });

  const write = (...titles: readonly string[]) =>
    writeFile(file, titles.map((title, id) => JSON.stringify({ id: `${id}`, title, price: '10.00' })).join('\n'));
  const inDatabase = (demo: any): void => {
    const url = `postgres://guest:${password}@127.0.0.1:${server.port}/postgres`;
    demo.catalogs.shop = { engine: 'postgres', url, file, timeout: '5s', maxShrink: 1 };
  };
  const ask = (message: string, agent = 'support-agent') =>
    send('POST', `${gateway.url}/v1/api/chat/${agent}`, {
      headers: { authorization: 'Bearer demo-key' },
      json: { message },
    });
  const textOf = async (message: string): Promise<string> => JSON.stringify((await ask(message)).body);

  it('is asked by the gateway, follows its file, and is filled by the command as well', async () => {
    await write('Blue lamp', 'Oak desk');
    gateway = await runGateway({ configure: inDatabase });
    expect(await textOf('do you have lamps?')).toContain('Blue lamp');
    await write('Red lamp', 'Oak desk', 'Chair');
    await gateway.reload();
    await vi.waitFor(async () => expect(await textOf('do you have lamps?')).toContain('Red lamp'), { timeout: 10_000 });
    const labels = { catalog: 'shop' };
    await vi.waitFor(async () => expect(await readMetric(gateway.url, 'dragoman_catalog_products', labels)).toBe(3));
    expect(await readMetric(gateway.url, 'dragoman_catalog_database_up', labels)).toBe(1);

    await write('Green lamp');
    const config = await writeConfig(folder, inDatabase);
    const load = (...words: readonly string[]) => runCommand(['catalog', 'load', ...words, '--config', config]);
    expect(await load('shop')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^1 products of .* rows are none/),
    });
    expect(await load('shop')).toMatchObject({ code: 0, output: expect.stringContaining('already') });
    expect(await load('shoes')).toMatchObject({ code: 2, output: expect.stringContaining('there is shop') });
    expect(await textOf('do you have lamps?')).toContain('Green lamp');
  });

  it('is 503 while its database is away, or the next backend, and answers when it is back', async () => {
    await write('Blue lamp');
    const spare = createScriptedBackend('spare');
    gateway = await runGateway({
      backends: { spare: spare.backend },
      configure: (demo) => {
        inDatabase(demo);
        demo.backends = {
          ...demo.backends,
          spare: { type: 'catalog', catalog: 'shop' },
          both: { type: 'fallback', of: ['shop', 'spare'] },
        };
        for (const agent of demo.tenants[0].agents)
          agent.route = { backend: agent.slug === 'support-agent' ? 'shop' : 'both' };
      },
    });
    expect((await ask('lamp')).status).toBe(200);
    await server.stop();
    const refused = await ask('lamp');
    expect(refused.status).toBe(503);
    expect(await readMetric(gateway.url, 'dragoman_catalog_database_up', { catalog: 'shop' })).toBe(0);
    const elsewhere = ask('lamp', 'agent-slug');
    const reply = await spare.next();
    reply.say({ type: 'text-delta', text: 'From elsewhere' });
    reply.end();
    expect(JSON.stringify((await elsewhere).body)).toContain('From elsewhere');
    await server.start();
    expect((await ask('lamp')).status).toBe(200);
    const told = gateway.logged.filter(({ msg }) => /database (?:does not answer|answers again)/.test(String(msg)));
    expect(told.length).toBe(2);
    expect(JSON.stringify(gateway.logged)).not.toContain(password);
    expect(JSON.stringify(refused.body)).not.toMatch(/postgres|database/i);
  });
});
