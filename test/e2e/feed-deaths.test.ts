import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chats, contentsOf, createChats, hasFailed, say, says } from '../support/chats.ts';
import { openStream, send } from '../support/client.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { emptyFolder, removeFolder, startProgram, writeConfig } from '../support/program.mjs';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { openWay, type Way } from '../support/way.ts';

/** A lease of a second, and dead after another. */
const quick = { leaseMs: 1_000, renewMs: 200, deadMs: 1_000, socketMs: 1_500 };
/** As long as those that are started from the outside need to renew theirs. */
const patient = { deadMs: 4_000 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a process that dies while it answers', () => {
  let redis: RedisServer;
  let chats: Chats;
  let chat: string;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());
  beforeEach(() => {
    chats = createChats(redis.url);
  });
  afterEach(() => chats.close());

  describe('to all others, as it comes no longer to Redis', () => {
    let way: Way;
    beforeEach(async () => {
      way = await openWay(redis.port);
      await chats.start({ feed: quick });
      await chats.start({ feed: quick });
      chat = await chats.begin();
      await chats.start({ feed: quick }, `redis://127.0.0.1:${way.port}`);
    });
    afterEach(() => way.close());

    function die(): void {
      way.turn(undefined);
      way.cut();
    }

    it('has its followers told that the answer failed, and what they saw is in the history, once', async () => {
      const streams = await Promise.all([chats.follow(0, chat), chats.follow(1, chat)]);
      const answer = chats.ask(2, chat);
      const reply = await chats.script.next();
      say(reply, 'one ', 'two ');
      for (const stream of streams) await stream.until(says('two '));
      die();
      say(reply, 'three');
      for (const stream of streams) {
        expect(contentsOf(await stream.until(hasFailed)).at(-1)).toBe('The answer could not be obtained');
        stream.leave();
      }
      expect(await chats.history(0, chat)).toEqual([
        ['visitor', 'Hello', 'complete'],
        ['assistant', 'one two ', 'failed'],
      ]);
      reply.end();
      expect((await answer).status).toBe(503);
    });

    it('leaves nothing in the history if nothing was said', async () => {
      const stream = await chats.follow(0, chat);
      const answer = chats.ask(2, chat);
      const reply = await chats.script.next();
      await stream.until(() => true); // typing
      die();
      await stream.until(hasFailed);
      stream.leave();
      expect(await chats.history(0, chat)).toEqual([['visitor', 'Hello', 'complete']]);
      reply.end();
      await answer;
    });

    it('no longer counts as one that has sockets open', async () => {
      const stream = await chats.follow(0, chat);
      const socket = await chats.socket(2, chat);
      expect(await chats.remove(0, chat)).toBe(409);
      die();
      await expect.poll(() => chats.remove(0, chat), { timeout: 20_000 }).toBe(200);
      expect(await stream.rest()).toEqual([]);
      await socket.close();
    });
  });

  /** One that says half of an answer, as a program of its own. */
  async function startHalting() {
    const folder = await emptyFolder();
    const path = join(folder, 'halting.mjs');
    await writeFile(path, haltingBackend);
    const config = await writeConfig(folder, (demo) => {
      demo.store = { engine: 'redis', url: redis.url, prefix: chats.prefix };
      demo.uploads = { path: join(folder, 'uploads') };
      demo.backends.shop = { type: 'module', path };
    });
    const program = await startProgram({ environment: { DRAGOMAN_CONFIG: config } });
    return { ...program, remove: () => removeFolder(folder) };
  }

  it('may be killed', async () => {
    await chats.start({ feed: patient });
    chat = await chats.begin();
    const program = await startHalting();
    const stream = await chats.follow(0, chat);
    const answer = send('POST', `${program.url}/v1/chats/${chat}/messages`, {
      headers: { 'x-api-key': 'demo-key' },
      json: { message: 'Hello', currentUrl: 'https://s.com/' },
    }).catch(() => undefined);
    await stream.until(says('Half'));
    await program.kill();
    await stream.until(hasFailed);
    stream.leave();
    await answer;
    expect(await chats.history(0, chat)).toContainEqual(['assistant', 'Half', 'failed']);
    await program.remove();
  });

  it.each(['there', 'away'])(
    'ends as it should, when it is asked to, while it follows and Redis is %s',
    async (where) => {
      await chats.start();
      chat = await chats.begin();
      const program = await startHalting();
      const headers = { 'x-api-key': 'demo-key' };
      const stream = await openStream(`${program.url}/v1/chats/${chat}/events`, { headers });
      if (where === 'away') await redis.kill();
      const ended = program.stop();
      await stream.rest().catch(() => undefined);
      expect(await ended).toMatchObject({ code: 0 });
      if (where === 'away') await redis.start();
      await program.remove();
    },
  );
});

/** Says half of an answer, and no more. */
const haltingBackend = `export default () => ({
  async *answer(turn, { replyId }, { signal }) {
    yield [{ type: 'reply-start', replyId }];
    yield [{ type: 'text-delta', text: 'Half' }];
    await new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  },
});`;
