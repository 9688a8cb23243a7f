import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataOf, openStream, send } from '../support/client.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { createScriptedBackend } from '../support/scripted-backend.ts';

const headers = { 'x-api-key': 'demo-key' };
const completed = ({ data }: { readonly data: string }): boolean => data.includes('"status":"completed"');

/** `configurer` gives what sets up one test's gateway. */
const following = (configurer: () => (demo: any) => void) =>
  describe('a homie client that follows a chat', () => {
    let gateway: TestGateway;
    let script: ReturnType<typeof createScriptedBackend>;
    let chat: string;

    beforeEach(async () => {
      script = createScriptedBackend();
      gateway = await runGateway({ backends: { shop: script.backend }, configure: configurer() });
      const chatbotId = '5e9c1a2b-3d4e-4f60-b2f2-9f4b1c2d3e4f';
      const { body } = await send('POST', `${gateway.url}/v1/chats`, { headers, json: { chatbotId } });
      chat = `${gateway.url}/v1/chats/${body.id}`;
    });
    afterEach(() => gateway.close());

    const follow = (after?: string) =>
      openStream(`${chat}/events`, { headers: { ...headers, ...(after !== undefined && { 'last-event-id': after }) } });
    const ask = (message: string) =>
      send('POST', `${chat}/messages`, { headers, json: { message, currentUrl: 'https://store.com/' } });

    /** Two answers under way, and what a follower was told until the second one begins. */
    async function beginTwo() {
      const stream = await follow();
      const answers = [ask('First')];
      const first = await script.next();
      first.say({ type: 'text-delta', text: 'one ' });
      const told = [...(await stream.until(({ data }) => data.includes('one ')))];
      answers.push(ask('Second'));
      return { stream, told, first, second: await script.next(), answers };
    }

    it('sees typing, the text as it grows, and the whole at its end', async () => {
      const stream = await follow();
      const answer = ask('Hello');
      const reply = await script.next();
      const [typing] = dataOf(await stream.until(() => true));
      expect(typing).toMatchObject({ toolName: 'typing', status: 'inProgress', content: '' });
      reply.say({ type: 'text-delta', text: 'Hel' });
      expect(dataOf(await stream.until(() => true))).toMatchObject([{ toolName: 'message', content: 'Hel' }]);
      reply.say({ type: 'text-delta', text: 'lo' });
      reply.end();
      const rest = dataOf(await stream.until(completed));
      expect(rest).toMatchObject([
        { content: 'lo', status: 'inProgress' },
        { toolName: 'message', content: 'Hello', status: 'completed' },
      ]);
      expect(await answer).toMatchObject({ status: 201, body: { type: 'answer', content: 'Hello' } });
      stream.leave();
    });

    it('comes back in the middle of a reply without a gap or a repeat', async () => {
      const stream = await follow();
      const answer = ask('Hello');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'one ' }, { type: 'text-delta', text: 'two ' });
      const seen = await stream.until(({ data }) => data.includes('two '));
      stream.leave();
      reply.say({ type: 'text-delta', text: 'three ' });
      const back = await follow(seen.at(-1)?.id);
      reply.say({ type: 'text-delta', text: 'four' });
      reply.end();
      const rest = dataOf(await back.until(completed)).map(({ content }) => content);
      expect([rest.slice(0, -1).join(''), rest.at(-1)]).toEqual(['three four', 'one two three four']);
      await answer;
      back.leave();
    });

    it('comes back after a second drop too (failure 38)', async () => {
      const first = await follow();
      const answer = ask('Hello');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'one ' });
      const one = await first.until(({ data }) => data.includes('one '));
      first.leave();
      const second = await follow(one.at(-1)?.id);
      reply.say({ type: 'text-delta', text: 'two ' });
      const two = await second.until(({ data }) => data.includes('two '));
      expect(dataOf(two).map(({ content }) => content)).toContain('two ');
      expect(dataOf(two).map(({ content }) => content)).not.toContain('one ');
      second.leave();
      const third = await follow(two.at(-1)?.id);
      reply.end();
      expect(dataOf(await third.until(completed))).toMatchObject([{ content: 'one two ', status: 'completed' }]);
      await answer;
      third.leave();
    });

    it('is told whole, after a restart of the gateway, what it missed', async () => {
      const stream = await follow();
      const first = ask('First');
      (await script.next()).end();
      const seen = await stream.until(completed);
      await first;
      stream.leave();
      const second = ask('Second');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'Missed' });
      reply.end();
      await second;
      const port = new URL(gateway.url).port;
      gateway = await gateway.restart();
      chat = chat.replace(`:${port}/`, `:${new URL(gateway.url).port}/`);
      const back = await follow(seen.at(-1)?.id);
      const missed = dataOf(await back.until(completed));
      expect(missed.at(-1)).toMatchObject({ content: 'Missed', status: 'completed' });
      // Where another process may have kept it, also as it grew.
      expect([[], ['', 'Missed']]).toContainEqual(missed.slice(0, -1).map(({ content }) => content));
      back.leave();
    });

    it('that comes in the middle of a reply sees it from its beginning', async () => {
      const answer = ask('Hello');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'one ' });
      const other = await follow(); // makes sure that the first delta has been told
      await other.until(({ data }) => data.includes('one '));
      const late = await follow();
      // What is said before it has read what there was would be told together with that.
      const before = await late.until(({ data }) => data.includes('one '));
      reply.say({ type: 'text-delta', text: 'two' });
      reply.end();
      const told = dataOf([...before, ...(await late.until(completed))]).map(({ content }) => content);
      expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual(['one two', 'one two']);
      await answer;
      other.leave();
      late.leave();
    });

    it('is told the words of one reply at a time, also when it comes back while two grow', async () => {
      const { stream, told, first, second, answers } = await beginTwo();
      second.say({ type: 'text-delta', text: 'eins ' });
      told.push(...(await stream.until(({ data }) => data.includes('eins '))));
      first.say({ type: 'text-delta', text: 'two ' });
      stream.leave();
      const back = await follow(told.at(-1)?.id);
      first.say({ type: 'text-delta', text: 'three' });
      second.say({ type: 'text-delta', text: 'zwei' });
      told.push(...(await back.until(({ data }) => data.includes('zwei'))));
      second.end();
      told.push(...(await back.until(completed)));
      first.end();
      told.push(...(await back.until(completed)));
      const words = dataOf(told).filter(({ toolName }) => toolName !== 'typing');
      const steps = words.map(({ status, content }) => (status === 'completed' ? [content] : content));
      expect(steps.filter((step) => typeof step === 'string').join('')).toBe('one eins zwei');
      expect(steps.filter((step) => typeof step !== 'string')).toEqual([['eins zwei'], ['one two three']]);
      await Promise.all(answers);
      back.leave();
    });

    it('is not told the middle of a reply as its beginning, when it comes back after the end of another', async () => {
      const { stream, first, second, answers } = await beginTwo();
      second.say({ type: 'text-delta', text: 'eins' });
      second.end();
      const ended = await stream.until(completed);
      stream.leave();
      const back = await follow(ended.at(-1)?.id);
      first.say({ type: 'text-delta', text: 'two' });
      first.end();
      const rest = dataOf(await back.until(completed));
      expect(rest.map(({ toolName, content }) => `${toolName} ${content}`)).toEqual(['typing ', 'message one two']);
      await Promise.all(answers);
      back.leave();
    });

    it('is told of a failure, in words that say nothing of its cause', async () => {
      const stream = await follow();
      const answer = ask('Hello');
      const reply = await script.next();
      reply.fail(new Error('secret /etc/key'));
      const told = dataOf(await stream.until(({ data }) => data.includes('"failed"')));
      expect(told.at(-1)).toMatchObject({ status: 'failed' });
      const response = await answer;
      expect(response.status).toBe(500);
      expect(JSON.stringify([told, response.body])).not.toContain('secret');
      stream.leave();
    });

    it('gets what is there now as JSON, if it asks for JSON', async () => {
      const answer = ask('Hello');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'Hello' });
      reply.end();
      await answer;
      const { status, body } = await send('GET', `${chat}/messages/events`, {
        headers: { ...headers, accept: 'application/json' },
      });
      expect(status).toBe(200);
      expect(body).toMatchObject([{ content: 'Hello', status: 'completed' }]);
    });

    it('that loses the connection while it catches up is told the rest, after each of its frames', async () => {
      for (const text of ['one', 'two', 'three']) {
        const asked = ask(text);
        const reply = await script.next();
        reply.say({ type: 'text-delta', text: `Answer ${text}` });
        reply.end();
        await asked;
      }
      const running = ask('four');
      const reply = await script.next();
      reply.say({ type: 'text-delta', text: 'Answer ' });
      const watcher = await follow(); // sees the delta: it has been told
      await watcher.until(({ data }) => data.includes('Answer '));
      const contents = ['Answer one', 'Answer two', 'Answer three', '', 'Answer '];
      const read = async (after: string, count: number) => {
        const stream = await follow(after);
        const found = [];
        while (found.length < count) found.push(await stream.next());
        stream.leave();
        return found.map((message) => ({ id: message?.id ?? '', content: JSON.parse(message?.data ?? '{}').content }));
      };
      const begin = '0';
      const frames = await read(begin, contents.length);
      expect(frames.map(({ content }) => content)).toEqual(contents);
      // Typing may be told again with its text; text never is, and nothing is left out.
      for (const [index, { id }] of frames.slice(0, 3).entries()) {
        const rest = await read(id, contents.length - index - 1);
        expect(rest.map(({ content }) => content)).toEqual(contents.slice(index + 1));
      }
      const back = await follow(frames.at(-1)?.id);
      reply.say({ type: 'text-delta', text: 'four' });
      reply.end();
      const told = dataOf(await back.until(completed)).map(({ content }) => content);
      expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual(['four', 'Answer four']);
      await running;
      back.leave();
      watcher.leave();
    });
  });

describe('over the embedded store', () => {
  following(() => () => undefined);
});

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('over Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  following(() => {
    const store = { engine: 'redis', url: redis.url, prefix: `test-${randomUUID()}` };
    return (demo) => Object.assign(demo, { store });
  });
});
