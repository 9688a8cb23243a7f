import { afterEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

const bearer = { authorization: 'Bearer demo-key' };
const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Do you ship to Canada?' };

let gateway: TestGateway;
let redis: RedisServer;
afterEach(async () => {
  await gateway.close();
  await redis.remove();
});

async function start(): Promise<void> {
  redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  gateway = await runGateway({
    configure: (demo) => {
      demo.store = { engine: 'redis', url: redis.url };
    },
  });
}

const ask = (message: string, conversationId?: string) =>
  send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json: { message, conversationId } });
const history = () => send('GET', `${gateway.url}/api/v1/chat/history?site_key=sk_demo&session_id=sess_1`);

describe.runIf(isComplete)('a gateway over Redis', () => {
  it('keeps conversations beyond its own end, whole and in order', async () => {
    await start();
    const said = dataOf(await (await openStream(`${gateway.url}/api/v1/chat/stream`, { json: visitor })).rest());
    const text = said.map(({ content = '' }: { content?: string }) => content).join('');
    const { body } = await ask('What are your business hours?');
    gateway = await gateway.restart();
    expect((await history()).body.messages.map(({ content }: { content: string }) => content)).toEqual([
      visitor.message,
      text,
    ]);
    expect(await ask('And on Sundays?', body.data.conversationId)).toMatchObject({
      status: 200,
      body: { data: { conversationId: body.data.conversationId } },
    });
  });

  it('knows the users that clients name, and keeps nothing of those that it names itself', async () => {
    await start();
    const known = async () => (await redis.client().keys('dragoman:user:*')).length;
    const begin = (json: unknown) =>
      send('POST', `${gateway.url}/v1/chats`, { headers: { 'x-api-key': 'demo-key' }, json });
    const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
    expect((await begin({ chatbotId })).body.userId).toEqual(expect.any(String));
    expect(await known()).toBe(0);
    await begin({ chatbotId, userId: '1bd2e7c4-8a90-4b17-9f36-6e2b5d8f7a3e' });
    expect(await known()).toBe(1);
  });

  it('answers 503 at once while Redis is away, in the dialect, and goes on when it is back', async () => {
    await start();
    expect((await ask('Hello')).status).toBe(200);
    await redis.kill();
    expect(await ask('Hello')).toMatchObject({ status: 503, body: { data: null } });
    const told = () => gateway.logged.filter(({ code }) => code === 'store-unavailable');
    await expect.poll(() => ask('Hello').then(() => JSON.stringify(told().at(-1)))).toContain('ECONNREFUSED');
    expect(JSON.stringify(told())).not.toContain('at process.'); // where in the code, which is the same for every call
    expect((await history()).body).toMatchObject({ success: false });
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    await redis.start();
    await expect.poll(async () => (await ask('Hello')).status, { timeout: 10_000 }).toBe(200);
    await expect.poll(async () => (await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });
});
