import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { GatewayError } from '../../src/errors/index.ts';
import { type Answer, openStream, send } from '../support/client.ts';
import type { TestGateway } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { type Moving, overseer, runLegacy, runMoving } from '../support/migrating.ts';
import { json, runStub } from '../support/stub-upstream.ts';

const bearer = { authorization: 'Bearer demo-key' };
const key = { 'x-api-key': 'demo-key' };
const operator = { headers: { authorization: 'Bearer demo-admin' } };
const soon = { timeout: 15_000, interval: 50 };

let legacy: TestGateway;
let gateway: TestGateway;
beforeEach(async () => {
  legacy = await runLegacy();
});
afterEach(async () => {
  await gateway.close();
  await legacy.close();
});

/** What the candidate is asked, and by whom. */
interface Heard {
  readonly text: string;
  readonly past: readonly string[];
  readonly userId?: string | undefined;
  readonly remoteId: string | undefined;
}
let heard: Heard[] = [];
beforeEach(() => {
  heard = [];
});

/** Says what the old side says, but for turns that begin with `odd`. */
const candidate: Backend = {
  name: 'fresh',
  async *answer(turn, context) {
    const past = turn.history ?? (await context.history());
    const { conversation } = context;
    const remoteId = conversation.remoteIds['fresh'];
    heard.push({ text: turn.text, past: past.map(({ text }) => text), userId: turn.participant.userId, remoteId });
    if (remoteId === undefined) await context.remember('fresh', `remote-${conversation.id}`);
    const text = turn.text.startsWith('odd') ? 'No idea, sorry' : `old after ${past.length}: ${turn.text}`;
    yield [{ type: 'reply-start', replyId: context.replyId }];
    yield [
      { type: 'text-delta', text },
      { type: 'reply-end', finishReason: 'stop' },
    ];
  },
};

const shadow = { sample: '100%' };
const start = async (migration: object = {}, more: Moving = {}): Promise<void> => {
  const moving = { migration: { stage: 'shadow', shadow, ...migration }, backends: { fresh: candidate }, ...more };
  gateway = await runMoving(legacy, moving);
};
const { show, change } = overseer(() => gateway);

const comparisons = async (query = ''): Promise<any> =>
  (await send('GET', `${gateway.url}/admin/v1/migrations/storefront/comparisons${query}`, operator)).body;
/** Those that are kept, once there are so many. */
const kept = async (count: number): Promise<readonly any[]> =>
  vi.waitFor(async () => {
    const { comparisons: found } = await comparisons();
    expect(found).toHaveLength(count);
    return found;
  }, soon);
const skipped = (reason: string): Promise<number> =>
  readMetric(gateway.url, 'dragoman_shadow_skipped_total', { migration: 'storefront', reason });

const complete = (text: string, more: object = {}): Promise<Answer> =>
  send('POST', `${gateway.url}/v1/chat/completions`, {
    headers: bearer,
    json: { model: 'support-agent', messages: [{ role: 'user', content: text }], ...more },
  });
const discuss = (message: string, conversation_id = 'mine'): Promise<Answer> =>
  send('POST', `${gateway.url}/v1/chat`, { headers: key, json: { message, conversation_id, user_id: 'ann' } });

describe('a shadow', () => {
  it('is asked what the old side was, in a conversation and by a visitor of its own, and told the past; both are kept', async () => {
    await start();
    expect((await discuss('one')).body.message).toBe('old after 0: one');
    await kept(1);
    expect((await discuss('odd')).body.message).toBe('old after 2: odd');
    const [second, first] = await kept(2);
    expect(first).toMatchObject({
      verdict: 'equal',
      dialect: 'item-discovery',
      operation: 'send-message',
      text: 'one',
      differences: [],
      primary: { status: 200, code: 'ok', reply: { text: 'old after 0: one' } },
      candidate: { status: 200, code: 'ok', reply: { text: 'old after 0: one' } },
    });
    expect(second).toMatchObject({
      verdict: 'different',
      differences: [{ field: 'output.text', primary: 'old after 2: odd', candidate: 'No idea, sorry' }],
    });
    expect(heard).toMatchObject([
      { text: 'one', past: [], remoteId: undefined },
      { text: 'odd', past: ['one', 'old after 0: one'], remoteId: expect.stringContaining('remote-') },
    ]);
    expect(heard.map(({ userId }) => userId)).not.toContain('ann');
    const conversation = await send('GET', `${gateway.url}/admin/v1/conversations/${first.conversationId}`, operator);
    expect(conversation.body).toMatchObject({ messageCount: 4 });
    expect((await show()).figures).toMatchObject({
      turns: { 'send-message': 2 },
      comparisons: 2,
      verdicts: { equal: 1, different: 1 },
      share: 0.5,
      differences: [{ field: 'output.text', count: 1, share: 0.5 }],
    });
    const metric = (name: string, labels: object) =>
      readMetric(gateway.url, `dragoman_migration_${name}_total`, { migration: 'storefront', ...labels });
    expect(await metric('comparisons', { verdict: 'different' })).toBe(1);
    expect(await metric('differences', { field: 'output.text' })).toBe(1);
  });

  it('is asked between two backends in each dialect, once a turn, and tells no client', async () => {
    gateway = await runMoving(undefined, {
      migration: { stage: 'shadow', shadow },
      backends: { shop: { ...candidate, name: 'shop' }, fresh: candidate },
    });
    await complete('one');
    await discuss('two');
    const site = { site_key: 'sk_demo', session_id: 'a-session-of-sixteen', message: 'three', message_id: 'm1' };
    for (let twice = 0; twice < 2; twice += 1)
      await (await openStream(`${gateway.url}/api/v1/chat/stream`, { json: site })).rest();
    await send('POST', `${gateway.url}/v1/api/chat/support-agent`, { headers: bearer, json: { message: 'four' } });
    const found = await kept(4);
    expect(found.map(({ text, dialect, verdict }) => [text, dialect, verdict])).toEqual([
      ['four', 'agent-slug', 'equal'],
      ['three', 'widget', 'equal'],
      ['two', 'item-discovery', 'equal'],
      ['one', 'openai', 'equal'],
    ]);
    expect(heard).toHaveLength(8);
  });

  it('is marked where it is an upstream, which has a conversation of its own', async () => {
    const upstream = await runStub((_request, response) =>
      json(response, { message: 'old after 0: one', conversation_id: 'theirs', items: [] }),
    );
    onTestFinished(() => upstream.close());
    gateway = await runMoving(legacy, {
      migration: { stage: 'shadow', shadow, to: { backend: 'theirs' } },
      configure(demo) {
        demo.backends.theirs = { type: 'upstream', baseUrl: upstream.url, dialect: 'item-discovery', apiKey: 'theirs' };
      },
    });
    await discuss('one');
    expect(await kept(1)).toMatchObject([{ verdict: 'equal', candidate: { reply: { text: 'old after 0: one' } } }]);
    expect(upstream.received.map(({ headers }) => headers['x-dragoman-shadow'])).toEqual(['1']);
    expect(JSON.stringify(upstream.received[0]?.body)).not.toMatch(/mine|ann/);
  });

  const forever = async function* (context: { readonly replyId: string }, text: string, everyMs: number): any {
    yield [{ type: 'reply-start', replyId: context.replyId }];
    for (;;) {
      yield [{ type: 'text-delta', text }];
      await wait(everyMs);
    }
  };
  const moods: Readonly<Record<string, Backend['answer']>> = {
    // biome-ignore lint/correctness/useYield: it hangs
    hangs: async function* () {
      await new Promise(() => undefined);
    },
    // biome-ignore lint/correctness/useYield: it fails
    'answers 500': async function* () {
      throw new GatewayError('upstream-failed', 'It fails', { upstreamStatus: 500 });
    },
    drips: (_turn, context) => forever(context, 'x', 20),
    floods: (_turn, context) => forever(context, 'x'.repeat(100_000), 0),
    'closes in the middle': async function* (_turn, context) {
      yield [{ type: 'reply-start', replyId: context.replyId }];
      yield [{ type: 'text-delta', text: 'It' }];
    },
    'throws at once': () => {
      throw new Error('No');
    },
  };
  it.each(Object.entries(moods))('that %s changes no byte for the client, and is failed', async (_how, answer) => {
    await start({ shadow: { sample: '100%', timeout: '1s' } }, { backends: { fresh: { name: 'fresh', answer } } });
    const bytes = async (at: string): Promise<string> => {
      const messages = [{ role: 'user', content: 'one' }];
      const json = { model: 'support-agent', stream: true, messages };
      const response = await fetch(`${at}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...bearer, 'content-type': 'application/json' },
        body: JSON.stringify(json),
      });
      const text = await response.text();
      return text.replaceAll(/"(?:id|created)":(?:"[^"]*"|\d+)/g, '"new"');
    };
    expect(await bytes(gateway.url)).toBe(await bytes(legacy.url));
    expect(await bytes(gateway.url)).toBe(await bytes(legacy.url));
    const found = await kept(2);
    expect(found.map(({ verdict }) => verdict)).toEqual(['failed', 'failed']);
  });
});

describe('a shadow within its bounds', () => {
  it('takes none of the tokens that its client may use', async () => {
    gateway = await runMoving(undefined, {
      migration: { stage: 'shadow', shadow },
      backends: { shop: { ...candidate, name: 'shop' }, fresh: candidate },
      configure: (demo) => (demo.tenants[0].keys[0].limits = { tokens: { perDay: 70, reserve: 10 } }),
    });
    // Each takes five or six, of itself and of its reply.
    const statuses = [];
    for (let turn = 0; turn < 10; turn += 1) statuses.push((await complete('one')).status);
    expect(statuses).toEqual(statuses.map(() => 200));
    await kept(10);
  });

  it('asks no more than its tokens of the day', async () => {
    await start({ shadow: { sample: '100%', tokensPerDay: 600 } });
    await complete('one');
    await kept(1);
    await complete('two'.repeat(200));
    await vi.waitFor(async () => expect(await skipped('tokens')).toBe(1), soon);
    expect(heard).toHaveLength(1);
  });

  it('asks so many at once, has others wait, and leaves the rest out', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let most = 0;
    let now = 0;
    const slow: Backend = {
      name: 'fresh',
      async *answer(turn, context, call) {
        now += 1;
        most = Math.max(most, now);
        await opened;
        now -= 1;
        yield* candidate.answer(turn, context, call);
      },
    };
    await start({ shadow: { sample: '100%', concurrent: 2 } }, { backends: { fresh: slow } });
    await Promise.all(Array.from({ length: 105 }, (_, index) => complete(`turn ${index}`)));
    await vi.waitFor(async () => expect(await skipped('full')).toBe(3), soon);
    open();
    await vi.waitFor(async () => expect((await show()).figures.comparisons).toBe(102), soon);
    expect(most).toBe(2);
  });

  it('asks of conversations, not of turns: what follows one that was left out is left out, too', async () => {
    await start({ shadow: { sample: '100%', tokensPerDay: 501 } });
    await discuss('x'.repeat(100));
    await vi.waitFor(async () => expect(await skipped('tokens')).toBe(1), soon);
    await discuss('two');
    await vi.waitFor(async () => expect(await skipped('context')).toBe(1), soon);
    expect(heard).toEqual([]);
  });

  it('asks nothing of dialogues that are not in the sample, nor at another stage', async () => {
    await start({ shadow: { sample: '0%' } });
    await complete('one');
    await gateway.reload((demo) => {
      demo.migrations[0].shadow = shadow;
    });
    await change({ stage: 'observe' });
    await complete('two');
    await change({ stage: 'shadow' });
    await complete('three');
    expect((await kept(1)).map(({ text }) => text)).toEqual(['three']);
    expect(heard.map(({ text }) => text)).toEqual(['three']);
  });
});

describe('figures', () => {
  it('carry a step forward once they are enough and good enough, and not before', async () => {
    await start({ ready: { comparisons: 4, equivalent: '75%' } });
    expect(await show()).toMatchObject({ readiness: 'inconclusive', reasons: ['0 of 4 comparisons'] });
    expect((await change({ stage: 'canary' })).status).toBe(409);
    for (const text of ['odd', 'odder', 'one', 'two']) await complete(text);
    await kept(4);
    expect(await show()).toMatchObject({
      ready: false,
      readiness: 'no',
      reasons: ['50.0 % are equivalent, 75.0 % are wanted'],
    });
    const refused = await change({ stage: 'canary' });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([409, expect.stringContaining('75.0 %')]);
    for (const text of ['three', 'four', 'five', 'six']) await complete(text);
    await kept(8);
    expect(await show()).toMatchObject({ ready: true, readiness: 'yes', reasons: [] });
    await vi.waitFor(
      async () =>
        expect(await readMetric(gateway.url, 'dragoman_migration_ready', { migration: 'storefront' })).toBe(1),
      soon,
    );
    expect((await change({ stage: 'canary', canary: '1%' })).status).toBe(200);
  });

  it('begin anew when they are told to, and when something else is compared', async () => {
    await start();
    await complete('odd');
    await kept(1);
    const reset = `${gateway.url}/admin/v1/migrations/storefront/comparisons`;
    expect((await send('DELETE', reset, operator)).body.figures.comparisons).toBe(0);
    await complete('odd');
    await vi.waitFor(async () => expect((await show()).figures.comparisons).toBe(1), soon);
    await gateway.reload((demo) => {
      demo.migrations[0].compare = { ignore: ['output.text'] };
    });
    expect((await show()).figures).toMatchObject({ comparisons: 0, turns: {} });
    await complete('odd');
    expect(await kept(1)).toMatchObject([{ verdict: 'equal' }]);
  });

  it('stay when a conversation is deleted, and its comparisons are gone', async () => {
    gateway = await runMoving(undefined, {
      migration: { stage: 'shadow', shadow },
      backends: { shop: { ...candidate, name: 'shop' }, fresh: candidate },
    });
    await discuss('one');
    await discuss('other', 'another');
    const [other, { conversationId }] = await kept(2);
    const deleted = await send('DELETE', `${gateway.url}/api/v1/chats/${conversationId}`, { headers: key });
    expect(deleted.status).toBeLessThan(300);
    expect(await kept(1)).toEqual([other]);
    expect((await show()).figures.comparisons).toBe(2);
  });

  it('are listed by verdict, a part at a time', async () => {
    await start();
    for (const text of ['odd 1', 'one', 'odd 2', 'two', 'odd 3']) await complete(text);
    await kept(5);
    const texts = (page: any) => page.comparisons.map(({ text }: { text: string }) => text);
    const first = await comparisons('?verdict=different&limit=2');
    expect(texts(first)).toEqual(['odd 3', 'odd 2']);
    const rest = await comparisons(`?verdict=different&limit=2&after=${first.next}`);
    expect([texts(rest), rest.next]).toEqual([['odd 1'], undefined]);
    expect((await comparisons('?verdict=other')).error).toBeDefined();
  });
});
