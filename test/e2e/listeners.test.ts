import { afterEach, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { freePort } from '../support/program.mjs';

let gateway: TestGateway;
afterEach(() => gateway.close());

const statusOf = async (url: string) =>
  (await send('GET', url, { headers: { authorization: 'Bearer demo-admin' } })).status;
const conversations = '/admin/v1/tenants/3210cba9-8fed-4c65-8b32-1a0f9e8d7c6b/conversations';

it('metrics and the admin API have places of their own, and leave that of the clients', async () => {
  const [metrics, admin] = [await freePort(), await freePort()];
  gateway = await runGateway({
    configure(demo) {
      demo.observability = { listen: { port: metrics } };
      demo.admin.listen = { host: '127.0.0.1', port: admin };
    },
  });
  const urls = [gateway.url, `http://127.0.0.1:${metrics}`, `http://127.0.0.1:${admin}`];
  const statuses = async (path: string) => Promise.all(urls.map((url) => statusOf(url + path)));
  expect(await statuses('/healthz')).toEqual([200, 200, 200]);
  expect(await statuses('/readyz')).toEqual([200, 200, 200]);
  expect(await statuses('/metrics')).toEqual([404, 200, 404]);
  expect(await statuses(conversations)).toEqual([404, 404, 200]);
  expect(await statuses('/openapi/admin.json')).toEqual([404, 404, 200]);
  expect(await statuses('/openapi/widget.json')).toEqual([200, 404, 404]);
  expect(await statuses('/v1/chats')).toEqual([405, 404, 404]);
});

it('health is told where clients are not served, though they are too many', async () => {
  const metrics = await freePort();
  gateway = await runGateway({
    configure(demo) {
      demo.limits = { connections: 1, calls: 1, address: { points: 1, seconds: 60 } };
      demo.observability = { listen: { port: metrics } };
    },
  });
  for (let times = 0; times < 5; times += 1) expect(await statusOf(`http://127.0.0.1:${metrics}/metrics`)).toBe(200);
});
