import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const admin = { authorization: 'Bearer demo-admin' };
const visitor = { site_key: 'sk_demo', session_id: 'sess_1', message: 'Hello', message_id: 'm_1' };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('the same turn at two processes', () => {
  let redis: RedisServer;
  let gateways: TestGateway[];
  let prefix: string;
  /** What all of them ask. */
  let script: ReturnType<typeof createScriptedBackend>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  beforeEach(async () => {
    script = createScriptedBackend();
    await start(2, script.backend);
  });
  afterEach(() => Promise.all(gateways.map((gateway) => gateway.close())));

  async function start(count: number, backend: Backend): Promise<void> {
    prefix = `test-${randomUUID()}`;
    const configure = (demo: any) => {
      demo.store = { engine: 'redis', url: redis.url, prefix };
    };
    gateways = await Promise.all(
      Array.from({ length: count }, () => runGateway({ backends: { shop: backend }, configure })),
    );
  }
  /** As if the processes that have them had stood still for ten seconds. */
  async function loseLeases(): Promise<void> {
    const client = redis.client();
    for (const lease of await client.keys(`${prefix}:lease:*`)) await client.del(lease);
  }
  const url = (index: number) => gateways[index]?.url ?? '';
  const visit = (index: number, message = visitor) => openStream(`${url(index)}/api/v1/chat/stream`, { json: message });
  const textOf = (messages: Awaited<ReturnType<Awaited<ReturnType<typeof visit>>['rest']>>) =>
    dataOf(messages)
      .map(({ content = '' }: { content?: string }) => content)
      .join('');
  const withKey = (index: number, key: string) =>
    send('POST', `${url(index)}/v1/api/chat/support-agent`, {
      headers: { authorization: 'Bearer demo-key', 'idempotency-key': key },
      json: { message: 'Hello' },
    });

  /** What is stored of the visitor's conversation. */
  async function transcript() {
    const found = await send('GET', `${url(0)}/admin/v1/sites/sk_demo/sessions/sess_1`, { headers: admin });
    const list = await send('GET', `${url(0)}/admin/v1/conversations/${found.body.id}/messages`, { headers: admin });
    return list.body.entries.map(({ role, text, status }: Record<string, string>) => `${role} ${status}: ${text}`);
  }

  it('asks once: the second caller reads the running reply from its beginning, as it grows', async () => {
    const first = visit(0);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    const leader = await first;
    await leader.next();
    const follower = await visit(1);
    expect(textOf([(await follower.next()) ?? { data: '' }])).toBe('Hi ');
    reply.say({ type: 'text-delta', text: 'there' });
    expect(textOf([(await follower.next()) ?? { data: '' }])).toBe('there');
    reply.end();
    const [ofLeader, ofFollower] = [await leader.rest(), await follower.rest()];
    // It ends as the first one does.
    expect(dataOf(ofFollower).at(-1)).toEqual(dataOf(ofLeader).at(-1));
    expect(script.asked).toHaveLength(1);
    expect(await transcript()).toEqual(['visitor complete: Hello', 'assistant complete: Hi there']);
  });

  it('asks once, if both come at the same moment, however often', async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    let asked = 0;
    await start(4, {
      name: 'shop',
      async *answer(_turn, { replyId }) {
        asked += 1;
        yield [{ type: 'reply-start', replyId }];
        for (const text of ['One', ' two', ' three']) {
          await new Promise((resolve) => setImmediate(resolve));
          yield [{ type: 'text-delta', text }];
        }
        yield [{ type: 'reply-end', finishReason: 'stop' }];
      },
    });
    for (let round = 1; round <= 15; round += 1) {
      const answers = await Promise.all([0, 1, 2, 3, 0, 1].map((index) => withKey(index, `key ${round}`)));
      expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
      expect(new Set(answers.map(({ body }) => body.data.response))).toEqual(new Set(['One two three']));
      expect(new Set(answers.map(({ body }) => body.data.conversationId)).size).toBe(1);
      expect(asked).toBe(round);
    }
  });

  it('waits for a lease that could not be given back without asking over and over, and asks in its place once it has ended', async () => {
    const client = redis.client();
    const first = visit(0);
    const lost = await script.next();
    const [lease = ''] = await client.keys(`${prefix}:lease:*`);
    const holder = (await client.get(lease))?.split(' ').at(-1);
    const joiner = visit(1);
    // The second one says that it reads.
    await expect.poll(() => client.keys(`${prefix}:lease:*`)).toHaveLength(2);
    await client.set(lease, `another ${holder}`, 'PX', 60_000);
    lost.fail(new GatewayError('upstream-rejected', 'It does not want to'));
    expect((await first).status).toBe(502);
    const commands = async () => Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1]);
    const before = await commands();
    await pause(1_000);
    expect((await commands()) - before).toBeLessThan(400);
    expect(script.asked).toHaveLength(1);

    await client.del(lease);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi' });
    reply.end();
    expect(textOf(await (await joiner).rest())).toBe('Hi');
  });

  it('never goes on with the words of another reply, which a third process gives in place of the one that was joined', async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await start(3, script.backend);
    const first = visit(0);
    const lost = await script.next();
    lost.say({ type: 'text-delta', text: 'AAAA AAAA ' });
    const leader = await first;
    await leader.next();
    const joiner = await visit(1);
    expect(textOf([(await joiner.next()) ?? { data: '' }])).toBe('AAAA AAAA ');
    await loseLeases();
    const third = visit(2);
    const other = await script.next();
    other.say({ type: 'text-delta', text: 'bbbb bbbb bbbb bbbb' });
    other.end();
    expect(textOf(await (await third).rest())).toBe('bbbb bbbb bbbb bbbb');
    const rest = await joiner.rest();
    expect(textOf(rest)).not.toContain('b');
    expect(dataOf(rest).at(-1)).toMatchObject({ type: 'error' });
    lost.end();
    await leader.rest();
    expect(await transcript()).toContain('assistant complete: bbbb bbbb bbbb bbbb');
  });

  it('leaves half of a reply nowhere after the whole one that a second process has given in its place', async () => {
    const first = visit(0);
    const lost = await script.next();
    lost.say({ type: 'text-delta', text: 'Half' });
    const leader = await first;
    await leader.next();
    await loseLeases();
    const second = visit(1);
    const other = await script.next();
    other.say({ type: 'text-delta', text: 'Whole' });
    other.end();
    await (await second).rest();
    lost.fail(new Error('broken'));
    await leader.rest();
    expect(await transcript()).toEqual(['visitor complete: Hello', 'assistant complete: Whole']);
  });

  it('goes on for the one who joined when the first client leaves', async () => {
    const first = visit(0);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    const leader = await first;
    await leader.next();
    const follower = await visit(1);
    await follower.next();
    leader.leave();
    await expect.poll(() => gateways[0]?.logged.filter((line) => line['code'] === 'client-closed').length).toBe(1);
    reply.say({ type: 'text-delta', text: 'there' });
    reply.end();
    expect(textOf(await follower.rest())).toBe('there');
    expect(script.asked).toHaveLength(1);
  });

  it('stops when nobody reads it any more, in either process', async () => {
    const first = visit(0);
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi ' });
    const leader = await first;
    const follower = await visit(1);
    await follower.next();
    leader.leave();
    follower.leave();
    await expect
      .poll(
        () => {
          reply.say({ type: 'text-delta', text: '.' }); // it is asked after between two batches
          return reply.call.signal.aborted;
        },
        { timeout: 5_000 },
      )
      .toBe(true);
  });

  it('is asked again by the second caller, if the first attempt fails before its first word', async () => {
    const first = visit(0);
    const reply = await script.next();
    const second = visit(1);
    reply.fail(new Error('broken'));
    const again = await script.next();
    again.say({ type: 'text-delta', text: 'Hi' });
    again.end();
    expect((await first).status).not.toBe(200);
    expect(textOf(await (await second).rest())).toBe('Hi');
  });

  it('is refused under the same key, if it is another question', async () => {
    const first = withKey(0, 'same');
    const reply = await script.next();
    const other = await send('POST', `${url(1)}/v1/api/chat/support-agent`, {
      headers: { authorization: 'Bearer demo-key', 'idempotency-key': 'same' },
      json: { message: 'Something else' },
    });
    expect(other.status).toBe(409);
    reply.end();
    expect((await first).status).toBe(200);
  });

  it('gets the stored reply from the other process, when the first has answered', async () => {
    const asked = withKey(0, 'stored');
    const reply = await script.next();
    reply.say({ type: 'text-delta', text: 'Hi' });
    reply.end();
    const first = await asked;
    const second = await withKey(1, 'stored');
    expect(second.body.data).toMatchObject({ response: 'Hi', conversationId: first.body.data.conversationId });
    expect(script.asked).toHaveLength(1);
  });
});
