import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../src/errors/index.ts';
import { type FeedProcess, startFeedProcess } from '../../support/feed-process.ts';
import { hasAll, hasProgram } from '../../support/needs.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { draftConversation } from '../../support/store-drafts.ts';

const patience = { timeout: 20_000, interval: 10 };
const settings = { leaseMs: 1_000, renewMs: 300, deadMs: 1_000, followedMs: 1_800 };

/** At which command of the feed's path something happens, and whether it had been carried out. */
interface Fault {
  readonly at: number;
  readonly when: 'before' | 'after';
}

describe.runIf(hasAll({ 'redis-server': hasProgram('redis-server') }))('each command of the feed', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.remove());

  /** Has `meet` called at the command that a fault names, counted over both processes. Gives how many there were. */
  function arm(processes: readonly FeedProcess[], fault: Fault, meet: (process: FeedProcess) => void) {
    let count = 0;
    let hasMet = false;
    for (const process of processes) {
      process.hardship.meet = (_command, when) => {
        if (when === 'before') count += 1;
        if (hasMet || count !== fault.at || when !== fault.when) return;
        hasMet = true;
        meet(process);
      };
    }
    return () => count;
  }
  async function open(prefix: string) {
    const processes = [
      await startFeedProcess({ url: redis.url, prefix }, settings),
      await startFeedProcess({ url: redis.url, prefix }, settings),
    ] as const;
    const chat = (await processes[0].store.openConversation(draftConversation())).conversation.id;
    return { processes, chat };
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, 130));

  /** Two words and an end of a reply, told to one follower in another process. */
  async function talk(fault: Fault, meet: (process: FeedProcess) => void) {
    const { processes, chat } = await open(`test-${randomUUID()}`);
    const [here, elsewhere] = processes;
    const follower = await here.follow(chat);
    await elsewhere.publish(chat, 'Hello');
    const countOf = arm(processes, fault, meet);
    const answer = elsewhere.answer(chat);
    answer.say('one ');
    await pause();
    answer.say('two ');
    await pause();
    return { here, elsewhere, chat, follower, answer, countOf };
  }

  it.each(['before', 'after'] as const)(
    'may fail %s it is carried out: all is told, each part once',
    async (when) => {
      for (let at = 1, most = 1; at <= most; at += 1) {
        const fault: Fault = { at, when };
        const { here, elsewhere, follower, answer, countOf } = await talk(fault, () => {
          throw new GatewayError('store-unavailable', 'away');
        });
        answer.say('three');
        const { text } = await answer.end();
        await vi.waitFor(() => expect(follower.messages().map((told) => told.text)).toEqual(['Hello', text]), patience);
        // One of which nothing was written before its end is told whole.
        expect(['', text]).toContain(follower.text());
        most = countOf();
        await follower.leave();
        await Promise.all([here.close(), elsewhere.close()]);
      }
    },
    120_000,
  );

  it.each(['before', 'after'] as const)(
    'may be the last %s which its process stops: nobody waits for ever',
    async (when) => {
      for (let at = 1, most = 1; at <= most; at += 1) {
        const dead: { process?: FeedProcess } = {};
        const { here, elsewhere, chat, follower, answer, countOf } = await talk({ at, when }, (process) => {
          dead.process = process;
          process.hardship.meet = () => {
            throw new GatewayError('store-unavailable', 'stopped');
          };
          process.hardship.isDeaf = true;
          process.hardship.meet('', 'before');
        });
        most = countOf();
        // Who followed at the process that is gone comes back at the other one.
        const back = dead.process === here ? await elsewhere.follow(chat, follower.last()) : follower;
        if (dead.process !== elsewhere) await answer.end();
        const told = () => [...follower.entries, ...(back === follower ? [] : back.entries)];
        const ends = () => told().flatMap(({ event }) => (event.type === 'message' ? [event.message] : []));
        const begun = () => told().some(({ event }) => event.type === 'reply-started');
        const words = told().map(({ event }) =>
          event.type === 'reply-progress' && event.progress.type === 'text-delta' ? event.progress.text : '',
        );
        expect('one two '.startsWith(words.join(''))).toBe(true);
        if (dead.process === elsewhere && !begun()) await pause();
        else {
          const status = dead.process === elsewhere ? 'failed' : 'complete';
          await vi.waitFor(
            () => expect(ends().filter(({ role }) => role === 'assistant')).toMatchObject([{ status }]),
            patience,
          );
        }
        await follower.leave();
        await back.leave();
        await Promise.all([here.close(), elsewhere.close()]);
      }
    },
    240_000,
  );
});
