import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { runPassing } from '../support/passing.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { createRawServer } from '../support/vendor-server.ts';

const bearer = { authorization: 'Bearer demo-key' };
const agentPath = '/v1/api/chat/support-agent';

let gateway: TestGateway;
const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  await gateway.close();
  for (const end of atEnd.splice(0)) await end();
});

const ask = (headers: Record<string, string> = bearer) =>
  send('POST', `${gateway.url}${agentPath}`, { headers, json: { message: 'Hello' } });

/** Two scripted backends, of which the demo's agents ask the first; `closed` names those that were closed. */
async function startScripted(options: TestGatewayOptions = {}) {
  const closed: string[] = [];
  const [one, other] = ['one', 'other'].map((name) => {
    const script = createScriptedBackend(name);
    const close = async (): Promise<void> => void closed.push(name);
    return { ...script, backend: { ...script.backend, close } };
  }) as [ReturnType<typeof createScriptedBackend>, ReturnType<typeof createScriptedBackend>];
  gateway = await runGateway({
    backends: { one: one.backend, other: other.backend },
    drainMs: 100,
    ...options,
    configure: (demo) => {
      demo.backends = { one: { type: 'catalog', catalog: 'shop' }, other: { type: 'catalog', catalog: 'shop' } };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'one' };
      options.configure?.(demo);
    },
  });
  return { one, other, closed };
}

const toOther = (demo: any): void => {
  for (const agent of demo.tenants[0].agents) agent.route = { backend: 'other' };
};

describe('a configuration that takes over', () => {
  it('leaves a running stream as it is, and what answers it open until it has ended', async () => {
    const { one, other, closed } = await startScripted();
    const asking = openStream(`${gateway.url}${agentPath}`, { headers: bearer, json: { message: 'Hi', stream: true } });
    const reply = await one.next();
    reply.say({ type: 'text-delta', text: 'Half, ' });
    const stream = await asking;
    const withoutFirst = (demo: any): void => {
      toOther(demo);
      delete demo.backends.one;
    };
    expect(await gateway.reload(withoutFirst)).toEqual({ outcome: 'applied' });
    const answer = ask();
    const next = await other.next();
    next.say({ type: 'text-delta', text: 'Anew' });
    next.end();
    expect(await answer).toMatchObject({ status: 200, body: { data: { response: 'Anew' } } });
    expect(closed).toEqual([]);
    reply.say({ type: 'text-delta', text: 'whole' });
    reply.end();
    expect(JSON.stringify(dataOf(await stream.rest()))).toMatch(/whole.*\[DONE\]/);
    await expect.poll(() => closed).toEqual(['one']);
  });

  it('follows on another one while the first still runs, and each is closed once', async () => {
    const { one, closed } = await startScripted();
    const asking = ask();
    const reply = await one.next();
    const anew = (questions: string) => (demo: any) => {
      demo.backends.other.timeouts = { total: questions };
    };
    for (const total of ['1m', '2m', '3m']) {
      expect(await gateway.reload(anew(total))).toEqual({ outcome: 'applied' });
    }
    expect(closed).toEqual([]);
    reply.end();
    expect((await asking).status).toBe(200);
    await expect.poll(() => closed).toEqual(['other', 'other', 'other']);
  });

  it('says whose pages may read, what is logged, what is counted, and how long a stream may be quiet', async () => {
    const { one } = await startScripted({
      configure: (demo) => {
        demo.heartbeatSeconds = 3_600;
      },
    });
    const origin = 'https://new.example';
    const preflight = async () =>
      (await send('OPTIONS', `${gateway.url}/api/v1/chat/stream`, { headers: { origin } })).status;
    expect(await preflight()).toBe(403);
    const outcome = await gateway.reload((demo) => {
      demo.tenants[0].sites[0].origins.push(origin);
      demo.tenants[0].keys[0].limits = { requests: { points: 1, seconds: 60 } };
      demo.heartbeatSeconds = 1;
      demo.log.level = 'error';
    });
    expect(outcome).toEqual({ outcome: 'applied' });
    expect(await preflight()).toBe(204);
    const before = gateway.logged.length;
    const asking = openStream(`${gateway.url}${agentPath}`, { headers: bearer, json: { message: 'Hi', stream: true } });
    const reply = await one.next();
    const stream = await asking; // the status is not held longer than a heartbeat's pause
    reply.end();
    await stream.rest();
    expect((await ask()).status).toBe(429);
    expect(gateway.logged).toHaveLength(before);
  });

  it('is not taken over where it asks for a restart, and the message names what does', async () => {
    await startScripted();
    const outcome = await gateway.reload((demo) => {
      demo.listen.port = 1;
      demo.store.path = '/nowhere';
      demo.log.format = 'json';
      delete demo.tenants[0].keys;
    });
    expect(outcome).toEqual({
      outcome: 'refused',
      problem: 'A change of listen, store, log.format takes a restart. Nothing was changed',
    });
    expect((await send('GET', `${gateway.url}/v1/models`, { headers: bearer })).status).toBe(200);
  });

  it('is not taken over where it cannot be opened, and nothing of it stays open', async () => {
    const { closed } = await startScripted();
    const outcome = await gateway.reload((demo) => {
      demo.backends.other.concurrent = 3;
      demo.backends.broken = { type: 'module', path: '/nowhere.mjs' };
    });
    expect(outcome).toMatchObject({ outcome: 'failed', problem: expect.stringContaining('/nowhere.mjs') });
    expect(closed).toEqual(['other']);
    expect(await gateway.reload()).toEqual({ outcome: 'unchanged' });
    expect(closed).toEqual(['other']);
  });
});

describe('what a configuration leaves as it is', () => {
  const breaking = {
    type: 'openai',
    baseUrl: 'http://127.0.0.1:9/v1',
    model: 'm',
    retry: { attempts: 1 },
    breaker: { failures: 1, rest: '60m' },
  };
  const isOpen = (backend: string) => readMetric(gateway.url, 'dragoman_breaker_open', { backend });

  it('is not made again: a breaker that is open stays open; what changes begins anew, and what is made of it', async () => {
    gateway = await runGateway({
      configure: (demo) => {
        demo.backends = { llm: breaking, shop: demo.backends.shop, safe: { type: 'fallback', of: ['llm'] } };
        for (const agent of demo.tenants[0].agents) agent.route = { backend: 'safe' };
      },
    });
    expect((await ask()).status).toBe(503);
    expect(await isOpen('llm')).toBe(1);
    const limited = (demo: any): void => {
      demo.limits = { address: { points: 1_000, seconds: 1 } };
    };
    expect(await gateway.reload(limited)).toEqual({ outcome: 'applied' });
    expect(await isOpen('llm')).toBe(1);
    const attempts = () => readMetric(gateway.url, 'dragoman_backend_attempts_total', { backend: 'llm' });
    expect(await attempts()).toBe(1);
    expect((await ask()).status).toBe(503);
    expect(await attempts()).toBe(1);
    const otherModel = (demo: any): void => {
      demo.backends.llm = { ...breaking, model: 'n' };
    };
    expect(await gateway.reload(otherModel)).toEqual({ outcome: 'applied' });
    expect(await isOpen('llm')).toBe(0);
    expect((await ask()).status).toBe(503);
    expect([await attempts(), await isOpen('llm')]).toEqual([2, 1]);
  });

  it('is a catalogue too, until its file is another one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    atEnd.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'catalog.ndjson');
    await copyFile('config/catalog.ndjson', file);
    gateway = await runGateway({
      configure: (demo) => {
        demo.catalogs.shop = { file, maxShrink: 1 };
      },
    });
    const loaded = () => gateway.logged.filter(({ msg }) => msg === 'catalogue loaded').length;
    const products = () => readMetric(gateway.url, 'dragoman_catalog_products', { catalog: 'shop' });
    const [before, first] = [await products(), (await readFile(file, 'utf8')).split('\n')[0] ?? ''];
    expect(await gateway.reload()).toEqual({ outcome: 'unchanged' });
    await writeFile(file, first);
    expect(await gateway.reload()).toEqual({ outcome: 'applied' });
    expect([before, await products(), loaded()]).toEqual([80, 1, 2]);
    await rm(file);
    expect(await gateway.reload()).toMatchObject({ outcome: 'failed', problem: expect.stringContaining(file) });
    expect((await ask()).status).toBe(200);
  });
});

describe('a catalogue whose file cannot be taken', () => {
  it('stays as it was, is told and counted, and holds up nothing else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    atEnd.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'catalog.ndjson');
    await copyFile('config/catalog.ndjson', file);
    gateway = await runGateway({
      configure: (demo) => {
        demo.catalogs.shop = { file, maxProducts: 80 };
      },
    });
    const products = () => readMetric(gateway.url, 'dragoman_catalog_products', { catalog: 'shop' });
    const refused = (reason: string) =>
      readMetric(gateway.url, 'dragoman_catalog_refused_total', { catalog: 'shop', reason });
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    await writeFile(file, lines.slice(0, 39).join('\n'));
    expect(await gateway.reload()).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('39 products instead of 80'),
    });
    expect([await products(), await refused('shrunk')]).toEqual([80, 1]);
    await writeFile(file, lines.join('\n').slice(0, -20));
    expect(await gateway.reload()).toMatchObject({ outcome: 'failed', problem: expect.stringContaining('cut short') });
    expect([await products(), await refused('unreadable')]).toEqual([80, 1]);
    await writeFile(file, [...lines, '{"id":"new","title":"New"}'].join('\n'));
    const tooMany = { outcome: 'failed', problem: expect.stringContaining('more than 80 products') };
    expect(await gateway.reload()).toMatchObject(tooMany);
    expect([await products(), await refused('unreadable')]).toEqual([80, 2]);
    // What else has changed takes over all the same.
    const applied = await gateway.reload((demo) => {
      demo.heartbeatSeconds = 7;
    });
    expect([applied, await products()]).toEqual([{ outcome: 'applied' }, 80]);
    await writeFile(file, [...lines.slice(0, 60), '{"id":"new","title":"New","price":"ask"}'].join('\n'));
    expect(await gateway.reload()).toEqual({ outcome: 'applied' });
    const errors = readMetric(gateway.url, 'dragoman_catalog_field_errors', {
      field: 'price',
      reason: 'not-an-amount',
    });
    expect([await products(), await errors]).toEqual([61, 1]);
  });
});

describe('what is passed on', () => {
  it('goes on to the origin that it went to, and anew to the new one', async () => {
    const [before, after] = [await createRawServer(), await createRawServer()];
    atEnd.push(before.close, after.close);
    gateway = await runPassing(before);
    const running = fetch(`${gateway.url}/v1/knowledge/slow`);
    const passed = await before.next();
    passed.head(200, { 'content-type': 'text/event-stream' });
    passed.write('data: one\n\n');
    const reader = (await running).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('data: one\n\n');
    const elsewhere = (demo: any): void => {
      demo.passthrough[1].target = after.url;
    };
    expect(await gateway.reload(elsewhere)).toEqual({ outcome: 'applied' });
    const asked = send('GET', `${gateway.url}/v1/knowledge/new`);
    (await after.next()).answer(200, { from: 'after' });
    expect((await asked).body).toEqual({ from: 'after' });
    passed.write('data: two\n\n');
    expect((await reader?.read())?.value).toBe('data: two\n\n');
    passed.end();
    expect((await reader?.read())?.done).toBe(true);
    await expect.poll(() => before.connections()).toBe(0);
  });
});
