import { afterEach, describe, expect, it } from 'vitest';
import { faultsOf, makeKnown } from '../support/fuzz-gateway.ts';
import { goodRequests, parrot, secrets, served, toRaw, withNeighbour } from '../support/fuzz-requests.ts';
import { ask } from '../support/fuzz-wire.ts';
import { runGateway, type TestGateway } from '../support/gateway.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { openSocket } from '../support/socket.ts';

let gateway: TestGateway;
let redis: RedisServer;
afterEach(async () => {
  redis.resume();
  await gateway.close();
  await redis.remove();
});

async function start() {
  redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always');
  gateway = await runGateway({
    backends: { shop: parrot },
    configure(demo) {
      withNeighbour(demo);
      demo.store = { engine: 'redis', url: redis.url };
    },
  });
  return makeKnown(gateway);
}

/** What needs no store, and goes on. */
const independent: ReadonlySet<string> = new Set([
  'list-agents',
  'get-agent',
  'report-loss',
  'list-backends',
  'record-nudge-event',
]);

/** Which a caller is not kept waiting for: a Redis that is not there, and one that says nothing until its first caller gives it up. */
const outages = [
  { is: 'gone', begin: () => redis.kill(), firstMs: 1_500, restMs: 1_500 },
  { is: 'silent', begin: () => redis.pause(), firstMs: 8_000, restMs: 1_500 },
] as const;

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

describe.runIf(isComplete).each(outages)('a gateway whose Redis is $is', ({ begin, firstMs, restMs }) => {
  it('answers everything at once: 503 in the dialect to what needs it, and the rest as ever', async () => {
    const known = await start();
    await begin();
    let mostMs = firstMs;
    for (const { dialect, endpoint } of served) {
      for (const good of goodRequests(dialect, endpoint, known)) {
        const askedAt = performance.now();
        const answer = await ask(gateway.url, toRaw(good));
        const tookMs = performance.now() - askedAt;
        const name = `${dialect.name} ${endpoint.operation} ${endpoint.paths[0] ?? ''}: ${answer.body.slice(0, 200)}`;
        if (independent.has(endpoint.operation)) expect(answer.status, name).toBeLessThan(300);
        // Redis sees to its own backups.
        else expect(answer.status, name).toBe(endpoint.operation === 'make-backup' ? 501 : 503);
        expect(faultsOf(dialect, endpoint, answer), name).toEqual([]);
        expect(tookMs, name).toBeLessThan(mostMs);
        mostMs = restMs;
      }
    }
  });

  it('tells so on sockets that are being opened, and on open ones, which stay', async () => {
    const { conversationId } = await start();
    const query = `api_key=${secrets.key}&user_id=user123&chat_id=${conversationId}`;
    const open = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
    await open.next();
    await begin();
    open.send({ content: 'Hello' });
    const [failure] = (await open.until('error')).slice(-1);
    expect(failure).toMatchObject({ event_type: 'error' });
    const late = openSocket(`${gateway.webSocketUrl}/ws/chat?${query}`);
    expect((await late.until('error')).at(-1)).toMatchObject({ event_type: 'error' });
    await late.close();
    await open.close();
  });
});
