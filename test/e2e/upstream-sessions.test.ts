import { afterEach, expect, it } from 'vitest';
import { upstreamConfig } from '../support/back-to-back.ts';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { json, runStub, type StubUpstream } from '../support/stub-upstream.ts';

let stub: StubUpstream | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await gateway?.close();
  await stub?.close();
});

/** Two sites of one tenant and one of another, all before one widget server. */
async function before(changes: object): Promise<TestGateway> {
  stub = await runStub(({ path }, response) => {
    if (path !== '/api/v1/chat/stream') {
      json(response, { success: true, message: 'Contact saved' });
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: {"type":"done","meta":{"conversation_id":1}}\n\n');
  });
  const { url } = stub;
  gateway = await runGateway({
    configure(demo) {
      demo.backends = { legacy: upstreamConfig('widget', url, changes) };
      const [tenant] = demo.tenants;
      for (const agent of tenant.agents) agent.route = { backend: 'legacy' };
      const [site] = tenant.sites;
      const agent = { id: '7a1d4c3e-9b52-4e08-a6f1-3c8d2b5e7f91', slug: 'other', name: 'Other' };
      tenant.sites.push({ ...site, key: 'sk_second' });
      demo.tenants.push({
        id: '11111111-2222-4333-8444-555555555555',
        name: 'Other',
        sites: [{ key: 'sk_other', origins: site.origins, agent: 'other' }],
        agents: [{ ...agent, route: { backend: 'legacy' } }],
      });
    },
  });
  return gateway;
}

async function sessionsTold({ url }: TestGateway): Promise<readonly string[]> {
  for (const site of ['sk_demo', 'sk_second', 'sk_other', 'sk_demo']) {
    const visitor = { site_key: site, session_id: 'sess_1' };
    await (await openStream(`${url}/api/v1/chat/stream`, { json: { ...visitor, message: 'Hello' } })).rest();
  }
  const visitor = { site_key: 'sk_demo', session_id: 'sess_1' };
  expect(
    (await send('POST', `${url}/api/v1/chat/contact`, { json: { ...visitor, name: 'Jane', phone: '+15550100' } }))
      .status,
  ).toBe(200);
  return stub?.received.map(({ body }) => body.session_id) ?? [];
}

it('visitors of other sites and tenants who name the same session have another one at the upstream', async () => {
  const [first, second, other, again, contact] = await sessionsTold(await before({}));
  expect(new Set([first, second, other, 'sess_1']).size).toBe(4);
  expect([again, contact]).toEqual([first, first]);
});

it('visitors keep their sessions at an upstream where these are shared', async () => {
  expect(new Set(await sessionsTold(await before({ sessions: 'shared' })))).toEqual(new Set(['sess_1']));
});
