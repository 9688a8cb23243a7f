import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { vendorReplies } from '../support/vendor-replies.ts';
import { createRawServer, type RawRequest, type RawServer } from '../support/vendor-server.ts';

const headers = { authorization: 'Bearer demo-key' };
const { opening, delta, whole } = vendorReplies.openai;
/** Two thousand tokens, by a quarter of the characters. */
const long = 'word '.repeat(1_600);
const perDay = 5_000;

describe('the tokens of a day, where a language model answers,', () => {
  let server: RawServer;
  let gateway: TestGateway;
  let conversationId: string;
  beforeEach(async () => {
    server = await createRawServer();
    gateway = await runGateway({
      configure(demo) {
        const llm = { type: 'openai', baseUrl: `${server.url}/v1`, apiKey: 'vendor-key', model: 'model-1' };
        demo.backends = { llm: { ...llm, retry: { attempts: 1 } } };
        for (const agent of demo.tenants[0].agents) agent.route = { backend: 'llm' };
        demo.tenants[0].keys[0].limits = { tokens: { perDay, reserve: 0 } };
      },
    });
    // A past of two thousand tokens, of which the vendor takes pay for a handful.
    const first = ask({ message: long });
    (await server.next()).answer(200, whole('Hello'));
    ({ conversationId } = (await first).body.data);
  });
  afterEach(async () => {
    await gateway.close();
    await server.close();
  });

  const agent = () => `${gateway.url}/v1/api/chat/support-agent`;
  const ask = (json: object) => send('POST', agent(), { headers, json });
  /** Streams the next turn up to its first word; the client is there still. */
  async function begin() {
    const opened = openStream(agent(), { headers, json: { message: 'Hello', conversationId, stream: true } });
    const asked = await server.next();
    asked.write(opening + delta('Hi '));
    return { stream: await opened, asked };
  }
  /** Whether a question of three thousand tokens can be asked still. */
  async function isRoomFor3000(): Promise<boolean> {
    const leaving = new AbortController();
    const json = JSON.stringify({ message: 'word '.repeat(2_390) });
    const request = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: json };
    const asking = fetch(agent(), { ...request, signal: leaving.signal }).then(({ status }) => status);
    const answered = server.next().then((asked) => asked.answer(200, whole('Yes')));
    const status = await asking;
    if (status === 429) return false;
    expect(status).toBe(200);
    await answered;
    return true;
  }
  const leftBehind = ({ closed }: RawRequest) => expect(closed).resolves.toBe('broken');

  it('are those of all that the model was sent, when the client leaves in the middle', async () => {
    const { stream, asked } = await begin();
    stream.leave();
    await leftBehind(asked);
    await expect.poll(() => readMetric(gateway.url, 'dragoman_open_streams')).toBe(0);
    expect(await isRoomFor3000()).toBe(false);
  });

  it('are those also when it leaves before the first word', async () => {
    const leaving = new AbortController();
    const json = JSON.stringify({ message: 'Hello', conversationId });
    const request = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: json };
    const asking = fetch(agent(), { ...request, signal: leaving.signal });
    const asked = await server.next();
    leaving.abort();
    await expect(asking).rejects.toThrow();
    await leftBehind(asked);
    expect(await isRoomFor3000()).toBe(false);
  });

  it('are those also when the model breaks off', async () => {
    const { stream, asked } = await begin();
    asked.destroy();
    await stream.rest();
    expect(await isRoomFor3000()).toBe(false);
  });

  it('are those that the vendor tells of, when it does', async () => {
    const asking = ask({ message: 'Hello', conversationId });
    (await server.next()).answer(200, whole('Hello'));
    expect((await asking).status).toBe(200);
    expect(await isRoomFor3000()).toBe(true);
  });

  it('are not used by what the vendor refuses', async () => {
    const asking = ask({ message: 'Hello', conversationId });
    (await server.next()).answer(500, { error: { message: 'Not today' } });
    expect((await asking).status).toBeGreaterThanOrEqual(500);
    expect(await isRoomFor3000()).toBe(true);
  });
});
