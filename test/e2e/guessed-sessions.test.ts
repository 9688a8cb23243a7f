import { afterEach, describe, expect, it } from 'vitest';
import { warningsOf } from '../../src/config/index.ts';
import { send } from '../support/client.ts';
import { behindProxy, runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { errorsOf, read, sampleWith } from '../unit/config/sample.ts';

let gateway: TestGateway;
afterEach(() => gateway.close());

const get = (path: string, session: string, address = '192.0.2.1') =>
  send(
    'GET',
    `${gateway.url}/api/v1/chat/${path}?${new URLSearchParams({ site_key: 'sk_own', session_id: session }).toString()}`,
    {
      headers: { 'x-forwarded-for': address },
    },
  );
const say = (session: string) =>
  send('POST', `${gateway.url}/api/v1/chat/stream`, {
    headers: { 'x-forwarded-for': '192.0.2.1' },
    json: { site_key: 'sk_own', session_id: session, message: 'Do you ship to Canada?' },
  });

describe('sessions that are guessed', () => {
  it('are limited by the address, and not those that are there, nor one that is asked about again', async () => {
    gateway = await runGateway({
      configure(demo) {
        behindProxy(demo);
        delete demo.limits;
      },
    });
    await say('mine'); // which was not there before, and counts too
    const paths = ['history', 'operator-messages', 'block-status', 'pending-proactive'];
    for (let round = 0; round < 100; round += 1) {
      for (const path of paths) expect((await get(path, 'not there yet')).status).toBe(200);
    }
    for (let guess = 2; guess < 300; guess += 1) {
      expect((await get(paths[guess % paths.length] ?? '', `guess ${guess}`)).status).toBe(200);
    }
    for (const path of paths) {
      const refused = await get(path, `another by ${path}`);
      expect(refused).toMatchObject({ status: 429, body: { success: false } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await get('history', 'mine')).body.messages).toHaveLength(2);
    expect((await get('history', 'not there yet')).status).toBe(200);
    expect((await get('history', 'by another', '192.0.2.2')).status).toBe(200);
    expect(await readMetric(gateway.url, 'dragoman_rate_limited_total', { limit: 'unknown-sessions' })).toBe(4);
  });

  it('may be as short as the site says, everywhere', async () => {
    gateway = await runGateway({
      configure(demo) {
        behindProxy(demo);
        demo.tenants[0].sites[0].session = { minLength: 16 };
      },
    });
    for (const path of ['history', 'operator-messages', 'block-status', 'pending-proactive']) {
      expect(await get(path, 'x'.repeat(15))).toMatchObject({
        status: 422,
        body: { errors: { session_id: expect.any(String) } },
      });
      expect((await get(path, 'x'.repeat(16))).status).toBe(200);
    }
    expect((await say('short')).status).toBe(422);
    expect((await say('x'.repeat(16))).status).toBe(200);
  });

  it('are warned of at the start where they may be short', async () => {
    gateway = await runGateway();
    const warned = (minLength: number) =>
      warningsOf(read(sampleWith('tenants.0.sites.0.session', { minLength }))).some((text) => text.includes('sk_live'));
    expect([1, 15, 16, 32].map(warned)).toEqual([true, true, false, false]);
    expect(errorsOf(sampleWith('tenants.0.sites.0.session', { minLength: 0 })).join()).toContain('minLength');
  });
});
