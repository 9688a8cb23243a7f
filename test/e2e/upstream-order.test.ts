import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type BackToBack, runBackToBack, runBefore } from '../support/back-to-back.ts';
import { dataOf, openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { answerTo, follow, runHomieStub } from '../support/homie-stub.ts';
import type { StubUpstream } from '../support/stub-upstream.ts';

let pair: BackToBack | undefined;
let stub: StubUpstream | undefined;
let gateway: TestGateway | undefined;
afterEach(async () => {
  await pair?.close();
  await gateway?.close();
  await stub?.close();
  pair = gateway = stub = undefined;
});

const say = ({ url }: TestGateway, session: string, message: string) =>
  openStream(`${url}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: session, message } });

describe('turns of one conversation that an upstream takes one after the other', () => {
  it.each(['homie', 'tenant-chats'] as const)(
    'wait at no expense of the time of their first words, nor of other visitors: %s',
    async (dialect) => {
      pair = await runBackToBack(dialect, { timeouts: { firstEvent: '2s' }, breaker: { failures: 1 }, concurrent: 2 });
      const first = say(pair.near, 'one', 'First');
      const reply = await pair.script.next();
      reply.say({ type: 'text-delta', text: 'Well, ' });
      const told = await first;
      const { near } = pair;
      const rest = ['Second', 'Third'].map((message) => say(near, 'one', message));
      await new Promise((resolve) => setTimeout(resolve, 2_500)); // longer than a first word may take
      const other = say(pair.near, 'two', 'Hello');
      const answered = await pair.script.next();
      expect(answered.turn.text).toBe('Hello');
      answered.say({ type: 'text-delta', text: 'Hi' });
      answered.end();
      expect((await other).status).toBe(200);
      reply.end();
      for (let turns = 0; turns < rest.length; turns += 1) {
        const next = await pair.script.next();
        next.say({ type: 'text-delta', text: next.turn.text });
        next.end();
      }
      for (const stream of [told, ...(await Promise.all(rest))]) {
        expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ type: 'done' });
      }
    },
  );

  it('are refused where those before them take all the time that one may take', async () => {
    pair = await runBackToBack('homie', { timeouts: { firstEvent: '1s', total: '1s' }, breaker: { failures: 3 } });
    const { near } = pair;
    const answers = await Promise.all(['First', 'Second', 'Third'].map((message) => say(near, 'one', message)));
    expect(answers.map(({ status }) => status).sort()).toEqual([429, 504, 504]);
    // The one that waited is no failure of who was not asked.
    const next = say(near, 'one', 'Fourth');
    for (let asked = 0; asked < 2; asked += 1) await pair.script.next();
    const reply = await pair.script.next();
    reply.say({ type: 'text-delta', text: 'Well' });
    reply.end();
    expect((await next).status).toBe(200);
  });
});

/** The gateway before a server of chats, that answers messages so. */
async function beforeChats(
  answer: Parameters<typeof runHomieStub>[0],
  { followed, ...changes }: { followed?: (response: ServerResponse) => void; [setting: string]: unknown },
): Promise<TestGateway> {
  stub = await runHomieStub(answer, followed);
  gateway = await runBefore('homie', stub.url, changes);
  return gateway;
}

const pathsAsked = () => stub?.received.map(({ path }) => path);

describe('a turn after one that was abandoned', () => {
  it('is answered by its own words, and the next one streams again', async () => {
    let tell: ReturnType<typeof follow> | undefined;
    const near = await beforeChats(
      (request, respond) => {
        if (request.body.message === 'First')
          tell?.('message', 'Old '); // and goes on with it
        else {
          tell?.('message', 'words ');
          setTimeout(() => respond(answerTo(request)), 100); // time for the old words to be taken for new ones
        }
      },
      {
        followed(response) {
          tell = follow(response);
        },
      },
    );
    const first = await say(near, 'one', 'First');
    await first.next();
    first.leave();
    const told = dataOf(await (await say(near, 'one', 'Second')).rest());
    expect(told.flatMap(({ content = [] }) => content).join('')).toBe('You said Second');
    const asked = () => stub?.received.filter(({ path }) => path.endsWith('/events')).length;
    expect(asked()).toBe(1);
    await (await say(near, 'one', 'Third')).rest();
    expect(asked()).toBe(2);
  });
});

describe('a conversation that was begun at an upstream', () => {
  it('is gone on with when the turn is asked again', async () => {
    let asked = 0;
    const { url } = await beforeChats(
      (request, respond) => {
        asked += 1;
        if (asked === 1) respond({}, 503);
        else respond(answerTo(request));
      },
      { retry: { attempts: 2, wait: '10ms' } },
    );
    const { body } = await send('POST', `${url}/v1/chat`, {
      headers: { authorization: 'Bearer demo-key' },
      json: { message: 'Hello' },
    });
    expect(body.message).toBe('You said Hello');
    expect(pathsAsked()).toEqual(['/v1/chats', '/v1/chats/c1/messages', '/v1/chats/c1/messages']);
  });

  it('is one for two messages at once', async () => {
    const near = await beforeChats((request, respond) => respond(answerTo(request)), { streaming: false });
    const visitor = { site_key: 'sk_demo', session_id: 'one' };
    await send('POST', `${near.url}/api/v1/chat/contact`, { json: { ...visitor, name: 'Jane' } });
    for (const stream of await Promise.all(['One', 'Two'].map((message) => say(near, 'one', message)))) {
      expect(dataOf(await stream.rest()).at(-1)).toMatchObject({ type: 'done' });
    }
    expect(pathsAsked()).toEqual(['/v1/chats', '/v1/chats/c1/messages', '/v1/chats/c1/messages']);
  });
});
