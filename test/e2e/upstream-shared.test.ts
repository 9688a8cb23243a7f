import { afterEach, describe, expect, it } from 'vitest';
import { upstreamConfig } from '../support/back-to-back.ts';
import { dataOf, openStream } from '../support/client.ts';
import { answerTo, follow, runHomieStub } from '../support/homie-stub.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';
import type { StubUpstream } from '../support/stub-upstream.ts';

let stub: StubUpstream | undefined;
let shared: SharedGateways | undefined;
afterEach(async () => {
  await shared?.close();
  await stub?.close();
  shared = stub = undefined;
});

/** So many gateways over one Redis, before one server of chats. */
async function runBeforeChats(count: number, chats: StubUpstream): Promise<SharedGateways> {
  stub = chats;
  shared = await runSharedGateways(count, {
    configure: (demo) => {
      demo.backends = { legacy: upstreamConfig('homie', chats.url) };
      for (const agent of demo.tenants[0].agents) agent.route = { backend: 'legacy' };
    },
  });
  return shared;
}

const say = ({ url }: SharedGateways, index: number, message: string) =>
  openStream(`${url(index)}/api/v1/chat/stream`, { json: { site_key: 'sk_demo', session_id: 'one', message } });

const textOf = (told: Awaited<ReturnType<Awaited<ReturnType<typeof say>>['rest']>>) =>
  dataOf(told)
    .map(({ content = '' }: { content?: string }) => content)
    .join('');

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))(
  'turns of one conversation at several processes, of which an upstream takes one after the other',
  () => {
    it('are asked in the order in which they were said, never two at once', async () => {
      const asked: string[] = [];
      let underWay = 0;
      let isLinedUp = false;
      let answerFirst = (): void => undefined;
      const chats = await runHomieStub((request, respond) => {
        asked.push(String(request.body.message));
        underWay += 1;
        if (underWay > 1) asked.push('two at once');
        const answer = (): void => {
          underWay -= 1;
          respond(answerTo(request));
        };
        // Long enough for a process with turns of its own to be quicker than the others.
        if (isLinedUp) setTimeout(answer, 30);
        else answerFirst = answer;
      }, follow);
      const gateways = await runBeforeChats(3, chats);
      const client = gateways.redis.client();
      const inLine = async () => client.zcard((await client.keys('*:line:*:places'))[0] ?? '');
      const messages = Array.from({ length: 9 }, (_, index) => `Message ${index}`);
      const streams: ReturnType<typeof say>[] = [];
      for (const [index, message] of messages.entries()) {
        streams.push(say(gateways, index, message));
        await expect.poll(inLine, { interval: 5 }).toBe(index + 1);
      }
      await expect.poll(() => asked).toEqual(['Message 0']);
      isLinedUp = true;
      answerFirst();
      for (const [index, stream] of (await Promise.all(streams)).entries()) {
        expect(textOf(await stream.rest())).toBe(`You said Message ${index}`);
      }
      expect(asked).toEqual(messages);
    });

    it('are answered by their own words after one that was abandoned at another process', async () => {
      let tell: ReturnType<typeof follow> | undefined;
      const chats = await runHomieStub(
        (request, respond) => {
          // And goes on with it, whoever has left.
          if (request.body.message === 'First') tell?.('message', 'Old ');
          else {
            tell?.('message', 'words ');
            setTimeout(() => respond(answerTo(request)), 100); // time for the old words to be taken for new ones
          }
        },
        (response) => {
          tell = follow(response);
        },
      );
      const gateways = await runBeforeChats(2, chats);
      const first = await say(gateways, 0, 'First');
      await first.next();
      first.leave();
      expect(textOf(await (await say(gateways, 1, 'Second')).rest())).toBe('You said Second');
    });
  },
);
