import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Chats, createChats, say } from '../support/chats.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

type Step =
  | { readonly do: 'say' | 'read'; readonly count: number }
  | { readonly do: 'move'; readonly to: number }
  /** A process begins, and the client moves there. */
  | { readonly do: 'start' }
  /** Another client begins to follow, somewhere. */
  | { readonly do: 'join'; readonly at: number };

const at = fc.nat({ max: 2 });
const count = fc.integer({ min: 1, max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('say' as const, 'read' as const), count }),
  fc.record({ do: fc.constantFrom('say' as const, 'read' as const), count }),
  fc.record({ do: fc.constant('move' as const), to: at }),
  fc.record({ do: fc.constant('join' as const), at }),
);

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a client that moves between processes', () => {
  let redis: RedisServer;
  let chats: Chats;
  beforeAll(async () => {
    redis = await startRedis();
    chats = createChats(redis.url);
    for (let started = 0; started < 3; started += 1) await chats.start();
  });
  afterAll(async () => {
    await chats.close();
    await redis.remove();
  });

  /** What a client reads of one reply that moves on with the place that it was told last, wherever it is in the reply. */
  async function readMoving(answeredAt: number, steps: readonly Step[]) {
    const chat = await chats.begin();
    const others: { leave(): void }[] = [];
    let stream = await chats.follow(0, chat);
    const answer = chats.ask(answeredAt, chat);
    const reply = await chats.script.next();
    let said = '';
    let read = '';
    let last: string | undefined;
    const readOne = async (): Promise<boolean> => {
      const message = await stream.next();
      last = message?.id ?? last;
      const { toolName, status, content } = JSON.parse(message?.data ?? '{"status":"completed"}');
      if (toolName === 'message' && status === 'inProgress') read += String(content);
      return status === 'completed';
    };
    for (const next of steps) {
      if (next.do === 'move' || next.do === 'start') {
        stream.leave();
        if (next.do === 'start') await chats.start();
        stream = await chats.follow(next.do === 'start' ? chats.gateways.length - 1 : next.to, chat, last);
      } else if (next.do === 'join') others.push(await chats.follow(next.at, chat));
      else if (next.do === 'read') {
        for (let left = next.count; left > 0 && read.length < said.length; left -= 1) await readOne();
      } else {
        for (let left = next.count; left > 0; left -= 1) {
          const text = `${said.length},`;
          say(reply, text);
          said += text;
        }
      }
    }
    reply.end();
    while (!(await readOne()));
    for (const open of [stream, ...others]) open.leave();
    await answer;
    return { said, read };
  }

  it('reads each part of a reply once, in order, wherever it is cut off', async () => {
    const moves = fc.asyncProperty(at, fc.array(step, { maxLength: 30 }), async (answeredAt, steps) => {
      const { said, read } = await readMoving(answeredAt, steps);
      expect(read).toBe(said);
    });
    await fc.assert(moves, { numRuns: 40 });
  });

  it('does so in a process that begins in the middle of the reply', async () => {
    const half = fc.array(step, { minLength: 3, maxLength: 10 });
    const moves = fc.asyncProperty(at, half, half, async (answeredAt, before, after) => {
      const { said, read } = await readMoving(answeredAt, [...before, { do: 'start' }, ...after]);
      expect(read).toBe(said);
      await chats.gateways.pop()?.close();
    });
    await fc.assert(moves, { numRuns: 8 });
  });
});
