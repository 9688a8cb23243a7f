import { afterEach, describe, expect, it } from 'vitest';
import { openStream, send } from '../support/client.ts';
import { parrot } from '../support/fuzz-requests.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

const bearer = { authorization: 'Bearer demo-key' };
const rate = { points: 1_000, seconds: 3_600 };

describe.runIf(isComplete)('a turn over Redis', () => {
  let shared: SharedGateways;
  afterEach(() => shared.close());

  async function start(): Promise<void> {
    shared = await runSharedGateways(1, {
      backends: { shop: parrot },
      configure(demo) {
        demo.tenants[0].keys[0].limits = { requests: rate };
        demo.tenants[0].sites[0].limits = { requests: rate };
      },
    });
  }

  /** The round trips of a turn until it is answered, once the connection knows all scripts. */
  async function tripsOf(ask: (turn: number) => Promise<{ readonly status: number }>) {
    const [way] = shared.ways;
    if (way === undefined) throw new Error('There is no way to Redis');
    for (let turn = 0; turn < 3; turn += 1) expect((await ask(turn)).status).toBe(200);
    // What the turns before have left to do is done.
    await expect
      .poll(() => {
        const count = way.trips.length;
        way.forget();
        return count;
      })
      .toBe(0);
    expect((await ask(3)).status).toBe(200);
    return way.trips;
  }

  it('is three round trips: its limit, its message, its reply', async () => {
    await start();
    const trips = await tripsOf(() =>
      send('POST', `${shared.url(0)}/v1/api/chat/support-agent`, { headers: bearer, json: { message: 'Hello' } }),
    );
    expect(trips.length, JSON.stringify(trips)).toBeLessThanOrEqual(3);
  });

  type Turn = readonly [path: string, json: object];
  it.each<[string, (id: string) => Turn]>([
    ['homie', (id: string) => [`/v1/chats/${id}/messages`, { message: 'Hello', currentUrl: 'https://shop.example' }]],
    ['agent-slug', (id: string) => ['/v1/api/chat/support-agent', { message: 'Hello', conversationId: id }]],
    ['item-discovery', (id: string) => ['/v1/chat', { message: 'Hello', conversation_id: id }]],
  ])('is three in a conversation that goes on too: %s', async (_dialect, ask) => {
    await start();
    const begun = await send('POST', `${shared.url(0)}/v1/chat`, { headers: bearer, json: { message: 'Hello' } });
    const [path, json] = ask(begun.body.conversation_id);
    const trips = await tripsOf(async () => {
      const { status } = await send('POST', `${shared.url(0)}${path}`, { headers: bearer, json });
      return { status: status === 201 ? 200 : status };
    });
    expect(trips.length, JSON.stringify(trips)).toBeLessThanOrEqual(3);
  });

  it('has one write more for what it says while somebody follows, and waits for none', async () => {
    await start();
    const begun = await send('POST', `${shared.url(0)}/v1/chat`, { headers: bearer, json: { message: 'Hello' } });
    const id: string = begun.body.conversation_id;
    const stream = await openStream(`${shared.url(0)}/v1/chats/${id}/events`, { headers: bearer });
    const ask = () =>
      send('POST', `${shared.url(0)}/v1/chats/${id}/messages`, {
        headers: bearer,
        json: { message: 'Hello', currentUrl: 'https://shop.example' },
      });
    const trips = await tripsOf(async () => ({ status: (await ask()).status === 201 ? 200 : 500 }));
    const commands = trips.flat();
    // How it begins, and what it says.
    expect(commands.filter((command) => command === 'growReplies').length).toBeLessThanOrEqual(2);
    const others = /^(growReplies|readFeed|publish)$/;
    expect(commands.filter((command) => !others.test(command)).length, JSON.stringify(trips)).toBeLessThanOrEqual(3);
    stream.leave();
  });

  it('is five with a message id, in a session that is known: its limit, its lease, its claim, its message, its reply', async () => {
    await start();
    const trips = await tripsOf((turn) =>
      send('POST', `${shared.url(0)}/api/v1/chat/stream`, {
        json: { site_key: 'sk_demo', session_id: 'sess_a', message: 'Hello', message_id: `m${turn}` },
      }),
    );
    expect(trips.length, JSON.stringify(trips)).toBeLessThanOrEqual(5);
  });
});
