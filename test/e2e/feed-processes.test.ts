import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Chats, contentsOf, createChats, isCompleted, say, says } from '../support/chats.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

const patience = { timeout: 20_000, interval: 20 };

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('a chat that several processes know', () => {
  let redis: RedisServer;
  let chats: Chats;
  let chat: string;
  beforeAll(async () => {
    redis = await startRedis('--appendonly', 'yes');
  });
  afterAll(() => redis.remove());
  beforeEach(async () => {
    chats = createChats(redis.url);
    await Promise.all([chats.start(), chats.start()]);
    chat = await chats.begin();
  });
  afterEach(() => chats.close());

  it('is told on one what another answers: each part once, in order', async () => {
    const stream = await chats.follow(0, chat);
    const answer = chats.ask(1, chat);
    const reply = await chats.script.next();
    const words = Array.from({ length: 50 }, (_, index) => `word${index} `);
    for (const word of words) say(reply, word);
    reply.end();
    const told = contentsOf(await stream.until(isCompleted));
    expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual([words.join(''), words.join('')]);
    await answer;
    stream.leave();
  });

  it('is known from its beginning in a process that comes in the middle of a reply', async () => {
    const answer = chats.ask(1, chat);
    const reply = await chats.script.next();
    say(reply, 'one ', 'two ');
    const late = await chats.follow(0, chat); // nobody has followed before
    const seen = contentsOf(await late.until(says('two ')));
    expect(seen.join('')).toBe('one two ');
    await chats.start();
    const later = await chats.follow(2, chat);
    say(reply, 'three');
    reply.end();
    const rest = contentsOf(await late.until(isCompleted));
    expect([rest.slice(0, -1).join(''), rest.at(-1)]).toEqual(['three', 'one two three']);
    const told = contentsOf(await later.until(isCompleted));
    expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual(['one two three', 'one two three']);
    await answer;
    late.leave();
    later.leave();
  });

  it('can be come back to in another process, also in one that began later, without a gap or a repeat', async () => {
    const first = await chats.follow(0, chat);
    const answer = chats.ask(1, chat);
    const reply = await chats.script.next();
    say(reply, 'one ');
    const seen = await first.until(says('one '));
    first.leave();
    say(reply, 'two ');
    const second = await chats.follow(1, chat, seen.at(-1)?.id);
    const more = await second.until(says('two '));
    expect(contentsOf(more)).toEqual(['two ']);
    second.leave();
    say(reply, 'three ');
    await chats.start();
    say(reply, 'four');
    const third = await chats.follow(2, chat, more.at(-1)?.id);
    reply.end();
    const rest = contentsOf(await third.until(isCompleted));
    expect([rest.slice(0, -1).join(''), rest.at(-1)]).toEqual(['three four', 'one two three four']);
    await answer;
    third.leave();
  });

  it('is seen by sockets of both, whoever answers', async () => {
    const sockets = await Promise.all([chats.socket(0, chat), chats.socket(1, chat)]);
    sockets[1].send({ content: 'Hello' });
    const reply = await chats.script.next();
    say(reply, 'Hi ', 'Ann');
    reply.end();
    for (const frames of await Promise.all(sockets.map((socket) => socket.until('message_stream_ended')))) {
      const tokens = frames.filter(({ event_type }) => event_type === 'message_stream_token');
      expect(tokens.map(({ content }) => content).join('')).toBe('Hi Ann');
      expect(frames.at(-1)).toMatchObject({ content: 'Hi Ann' });
    }
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('has its last answer told on a socket before its gateway has closed', async () => {
    for (let round = 0; round < 5; round += 1) {
      const socket = await chats.socket(0, chat);
      socket.send({ content: 'Hello' });
      const reply = await chats.script.next();
      const closed = chats.gateways.shift()?.close();
      say(reply, 'Bye');
      reply.end();
      expect((await socket.until('message_stream_ended')).at(-1)).toMatchObject({ content: 'Bye' });
      expect(await socket.closed).toMatchObject({ code: 1001 });
      await closed;
      await chats.start();
    }
  });

  it('is told on one what an operator says on another', async () => {
    const stream = await chats.follow(1, chat);
    await chats.operatorSays(0, chat, 'May I help?');
    expect(contentsOf(await stream.until(() => true))).toEqual(['May I help?']);
    stream.leave();
  });

  it('cannot be deleted on one while a socket is open on another; then it ends everywhere', async () => {
    const socket = await chats.socket(0, chat);
    const followers = await Promise.all([chats.follow(0, chat), chats.follow(1, chat)]);
    expect(await chats.remove(1, chat)).toBe(409);
    await socket.close();
    await expect.poll(() => chats.remove(1, chat), patience).toBe(200);
    for (const follower of followers) expect(await follower.rest()).toEqual([]);
  });

  it('that is polled shows on one what another is answering', async () => {
    const answer = chats.ask(1, chat);
    const reply = await chats.script.next();
    say(reply, 'one ');
    await expect.poll(() => chats.poll(0, chat), patience).toEqual(['', 'one ']);
    say(reply, 'two');
    await expect.poll(() => chats.poll(0, chat), patience).toEqual(['', 'one two']);
    reply.end();
    await answer;
    await expect.poll(() => chats.poll(0, chat), patience).toEqual(['one two']);
  });

  it('has no record of what it says while nobody follows it', async () => {
    const stream = await chats.follow(0, await chats.begin());
    for (const at of [0, 1]) {
      const answer = chats.ask(at, chat);
      const reply = await chats.script.next();
      say(reply, 'one ', 'two');
      reply.end();
      expect((await answer).status).toBe(201);
    }
    const rows = await redis.client().keys(`${chats.prefix}:{${chat}}:*`);
    expect(rows.filter((row) => /:(replies|mark)$/.test(row))).toEqual([]);
    stream.leave();
  });

  it('is heard of on one connection a process, however many follow', async () => {
    const listening = async () =>
      String(await redis.client().client('LIST'))
        .split('\n')
        .filter((line) => / sub=2 /.test(line)).length;
    const streams = await Promise.all([0, 1, 0, 1, 0, 1].map((at) => chats.follow(at, chat)));
    expect(await listening()).toBe(2);
    for (const stream of streams) stream.leave();
  });

  it('is told whole what was said while Redis was away, each part once', async () => {
    const stream = await chats.follow(0, chat);
    const answer = chats.ask(1, chat);
    const reply = await chats.script.next();
    say(reply, 'one ');
    await stream.until(says('one '));
    await redis.kill();
    for (const word of ['two ', 'three ', 'four ']) say(reply, word);
    const logged = () => chats.gateways[1]?.logged.filter(({ msg }) => String(msg).startsWith('feed ')) ?? [];
    await expect.poll(() => logged().length, patience).toBe(1);
    // What it says stands for a second: whether Redis is back is known from who has said that it is away.
    const readiness = async () => (await fetch(`${chats.gateways[1]?.url}/readyz`)).status;
    await expect.poll(readiness, patience).toBe(503);
    await redis.start();
    say(reply, 'five');
    await expect.poll(readiness, patience).toBe(200);
    reply.end();
    const told = contentsOf(await stream.until(isCompleted));
    expect([told.slice(0, -1).join(''), told.at(-1)]).toEqual(['two three four five', 'one two three four five']);
    expect((await answer).status).toBe(201);
    expect(logged().map(({ level }) => level)).toEqual([40, 30]); // warn, info
    stream.leave();
  });
});
