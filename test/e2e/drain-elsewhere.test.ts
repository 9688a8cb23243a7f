import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import { openSocket } from '../support/socket.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

let redis: RedisServer;
const gateways: TestGateway[] = [];
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  await redis.remove();
});

describe.runIf(isComplete)('a socket on a gateway that closes', () => {
  it('is told the reply that another one is giving, and leaves in good order after the time', async () => {
    redis = await startRedis();
    const script = createScriptedBackend();
    const run = async (drainMs: number): Promise<TestGateway> => {
      const gateway = await runGateway({
        backends: { shop: script.backend },
        drainMs,
        configure: (demo) => {
          demo.store = { engine: 'redis', url: redis.url };
        },
      });
      gateways.push(gateway);
      return gateway;
    };
    const [closing, staying] = [await run(500), await run(500)];
    const headers = { 'x-api-key': 'demo-key' };
    const { body } = await send('POST', `${staying.url}/api/v1/chats/`, { headers, json: { user_id: 'ann' } });
    const query = `/ws/chat?api_key=demo-key&user_id=ann&chat_id=${body.id}`;
    const [here, there] = [
      openSocket(`${closing.webSocketUrl}${query}`),
      openSocket(`${staying.webSocketUrl}${query}`),
    ];
    for (const socket of [here, there]) await socket.until('connection_established');
    there.send({ content: 'Hello' });
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Half' });
    await here.until('message_stream_token');
    await closing.close();
    expect(await here.closed).toMatchObject({ code: 1001 });
    reply.end();
    expect((await there.until('message_stream_ended')).at(-1)).toMatchObject({ content: 'Half' });
  });
});
