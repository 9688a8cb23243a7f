import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../src/stores/embedded/index.ts';
import type { Store } from '../../src/stores/store.ts';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

let gateway: TestGateway;
let store: Store;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dragoman-pages-'));
  store = await openEmbeddedStore({ path: join(folder, 'data') });
  gateway = await runGateway({ store, backends: { shop: createScriptedBackend().backend } });
});
afterEach(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

const get = (path: string) => send('GET', `${gateway.url}${path}`);

describe('the gateway’s own pages', () => {
  it('tell that it is alive and ready', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  it('tell that it is alive and not ready when the store cannot be used, and no more of why', async () => {
    await store.close();
    expect(await get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const ready = await get('/readyz');
    expect([ready.status, ready.body]).toEqual([503, { status: 'not ready', reason: 'the store does not answer' }]);
    expect((await get('/metrics')).status).toBe(200);
    // What needs the store fails in the caller's own words, as something to try again.
    const headers = { 'x-api-key': 'demo-key' };
    const chat = await send('POST', `${gateway.url}/api/v1/chats/`, { headers, json: { user_id: 'ann' } });
    expect([chat.status, chat.body]).toEqual([503, { detail: expect.any(String) }]);
    expect(chat.body.detail).not.toContain('store');
  });

  it('look into the store once a second at most, however many ask', async () => {
    let looks = 0;
    const other = await runGateway({
      backends: { shop: createScriptedBackend().backend },
      store: { ...store, check: () => store.check().finally(() => (looks += 1)), close: () => Promise.resolve() },
    });
    const startedAt = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await send('GET', `${other.url}/readyz`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(looks).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 1_000));
    await other.close();
  });

  it('need no key, and say nothing of the program', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/openapi.json']) {
      const { status, headers } = await get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
  });

  it('have measurements as text', async () => {
    const { headers, body } = await get('/metrics');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toContain('# TYPE dragoman_requests_total counter');
  });

  it('are to be read, and nothing else is there', async () => {
    for (const [method, path] of [
      ['POST', '/healthz'],
      ['GET', '/healthz/'],
      ['GET', '/'],
      ['GET', '/openapi/nobody.json'],
    ] as const) {
      const { status, body } = await send(method, `${gateway.url}${path}`);
      expect([path, status, body.error.code]).toEqual([path, 404, 'not-found']);
    }
  });
});
