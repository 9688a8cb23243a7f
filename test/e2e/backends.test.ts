import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const headers = { authorization: 'Bearer demo-key' };
const admin = { authorization: 'Bearer demo-admin' };
const down = new GatewayError('upstream-unavailable', 'secret-host is down');

let gateway: TestGateway;
afterEach(() => gateway.close());

/** A gateway whose agents are answered by the backend of this name, beside others. */
async function start(backend: string, written: Record<string, unknown>, options: TestGatewayOptions = {}) {
  gateway = await runGateway({
    ...options,
    configure(demo) {
      Object.assign(demo.backends, written);
      for (const agent of demo.tenants[0].agents) agent.route = { backend };
      options.configure?.(demo);
    },
  });
}

const ask = (json: Record<string, unknown> = {}) =>
  send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers, json: { message: 'Hello', ...json } });

/** A backend that is made elsewhere stands in for a configured one. */
const standIn = { type: 'catalog', catalog: 'shop' };

describe('a fallback', () => {
  it('has the second answer where the first cannot, and is counted and logged once (failure 17)', async () => {
    const llm = createScriptedBackend('llm');
    await start(
      'safe',
      { llm: standIn, safe: { type: 'fallback', of: ['llm', 'shop'] } },
      { backends: { llm: llm.backend } },
    );
    const stream = openStream(`${gateway.url}/v1/api/chat/support-agent`, {
      headers,
      json: { message: 'Hello', stream: true },
    });
    const reply = await llm.next();
    reply.say({ type: 'typing' });
    reply.fail(down);
    const { status, rest } = await stream;
    expect(status).toBe(200);
    const said = await rest();
    expect(said.at(-1)?.data).toBe('[DONE]');
    expect(JSON.stringify(dataOf(said))).not.toMatch(/error|secret-host/i);
    const switches = gateway.logged.filter(({ msg }) => msg === 'fallback backend used');
    expect(switches).toMatchObject([{ level: 40, backend: 'llm', to: 'shop', code: 'upstream-unavailable' }]);
    const count = (name: string, labels: Record<string, string>) => readMetric(gateway.url, name, labels);
    expect(await count('dragoman_backend_switches_total', { backend: 'llm', to: 'shop' })).toBe(1);
    expect(await count('dragoman_backend_attempts_total', { backend: 'llm', code: 'upstream-unavailable' })).toBe(1);
    expect(await count('dragoman_backend_attempts_total', { backend: 'shop', code: 'ok' })).toBe(1);
    expect(await count('dragoman_requests_total', { backend: 'safe', code: 'ok' })).toBe(1);
  });
});

describe('a backend that fails again and again', () => {
  it('is left alone, and clients are told for how long', async () => {
    const shop = createScriptedBackend('shop');
    const guarded = { ...standIn, breaker: { failures: 2, rest: '40s' } };
    await start('shop', { shop: guarded }, { backends: { shop: shop.backend } });
    for (let times = 0; times < 2; times += 1) {
      const answer = ask();
      (await shop.next()).fail(down);
      expect((await answer).status).toBe(503);
    }
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(30);
    expect(shop.asked).toHaveLength(2);
    expect(await readMetric(gateway.url, 'dragoman_breaker_open', { backend: 'shop' })).toBe(1);
  });
});

describe('a client that leaves', () => {
  it('is counted as such against nobody, and leaves nothing open (failures 24 and 26)', async () => {
    const shop = createScriptedBackend('shop');
    const guarded = { ...standIn, breaker: { failures: 1, rest: '40s' }, concurrent: 1 };
    await start('shop', { shop: guarded }, { backends: { shop: shop.backend } });
    const stream = openStream(`${gateway.url}/v1/api/chat/support-agent`, {
      headers,
      json: { message: 'Hello', stream: true },
    });
    (await shop.next()).say({ type: 'text-delta', text: 'Half' });
    (await stream).leave();
    const count = (code: string) =>
      readMetric(gateway.url, 'dragoman_backend_attempts_total', { backend: 'shop', code });
    await expect.poll(() => count('client-closed')).toBe(1);
    expect(await readMetric(gateway.url, 'dragoman_backend_open')).toBe(0);
    const answer = ask();
    (await shop.next()).end();
    expect((await answer).status).toBe(200);
    expect(await count('ok')).toBe(1);
  });

  it('is let go at once by a backend that does not heed its signal, and so is the gateway (failure 23)', async () => {
    let told: AbortSignal | undefined;
    const deaf = {
      name: 'deaf',
      answer: (_turn: unknown, _context: unknown, { signal }: { readonly signal: AbortSignal }) => {
        told = signal;
        return { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
      },
    };
    await start(
      'shop',
      {},
      { backends: { shop: deaf }, configure: (demo) => (demo.timeouts = { firstEvent: '50ms' }) },
    );
    expect((await ask()).status).toBe(504);
    expect(told?.reason).toMatchObject({ code: 'upstream-timeout' });
    expect(await readMetric(gateway.url, 'dragoman_backend_open')).toBe(0);
  });
});

describe('a reply that others have joined', () => {
  it('is kept as failed for all of them where it takes too long', async () => {
    const shop = createScriptedBackend('shop');
    await start(
      'shop',
      {},
      { backends: { shop: shop.backend }, configure: (demo) => (demo.timeouts = { total: '200ms' }) },
    );
    const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello', message_id: 'message_1' };
    const listen = () => openStream(`${gateway.url}/api/v1/chat/stream`, { json: visitor });
    const both = Promise.all([listen(), listen()]);
    (await shop.next()).say({ type: 'text-delta', text: 'Half' });
    for (const stream of await both) expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ type: 'error' });
    expect(shop.asked).toHaveLength(1);
    const session = await send('GET', `${gateway.url}/admin/v1/sites/sk_demo/sessions/sess_1`, { headers: admin });
    const messages = `${gateway.url}/admin/v1/conversations/${session.body.id}/messages`;
    const { entries } = (await send('GET', messages, { headers: admin })).body;
    expect(entries.at(-1)).toMatchObject({ text: 'Half', status: 'failed', failure: 'upstream-timeout' });
  });
});

describe('the page for authors of modules', () => {
  it('has an example that works', async () => {
    const page = await readFile(fileURLToPath(new URL('../../src/backends/module/README.md', import.meta.url)), 'utf8');
    const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'dragoman-'));
    const path = join(folder, 'my-backend.mjs');
    await writeFile(path, example);
    await start('mine', { mine: { type: 'module', path, options: { greeting: 'Good day' } } });
    const { status, body } = await ask();
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('Good day, this is mine. You said: Hello');
    await rm(folder, { recursive: true });
  });
});
