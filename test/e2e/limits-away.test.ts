import { afterEach, describe, expect, it } from 'vitest';
import { send } from '../support/client.ts';
import { parrot } from '../support/fuzz-requests.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';
import { runStub, type StubUpstream } from '../support/stub-upstream.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

const bearer = { authorization: 'Bearer demo-key' };
const apiKey = { 'x-api-key': 'demo-key' };
const patience = { timeout: 20_000 };

describe.runIf(isComplete)('two gateways whose Redis is away', () => {
  let shared: SharedGateways;
  let origin: StubUpstream;
  afterEach(async () => {
    await shared.close();
    await origin.close();
  });

  async function start(limit: (demo: any) => void): Promise<void> {
    origin = await runStub((_request, response) => response.end('passed'));
    shared = await runSharedGateways(2, {
      backends: { shop: parrot },
      configure(demo) {
        demo.passthrough = [{ prefix: '/legacy', target: origin.url, authenticate: 'homie' }];
        delete demo.tenants[0].keys[0].limits;
        limit(demo);
      },
    });
  }
  const get = (index: number, path: string, headers: Record<string, string> = {}) =>
    send('GET', `${shared.url(index)}${path}`, { headers });
  const models = (index: number) => get(index, '/v1/models', bearer);
  const askAgent = (index: number, headers = bearer) =>
    send('POST', `${shared.url(index)}/v1/api/chat/support-agent`, { headers, json: { message: 'Hello' } });
  const askWidget = (index: number) =>
    send('POST', `${shared.url(index)}/api/v1/chat/stream`, {
      json: { site_key: 'sk_demo', session_id: 'sess_a', message: 'Hello' },
    });
  const insured = (index: number) => readMetric(shared.url(index), 'dragoman_limits_insured');
  const lines = (index: number, text: string) =>
    shared.gateways[index]?.logged.filter(({ msg }) => String(msg).includes(text)) ?? [];
  async function statuses(count: number, ask: (index: number) => Promise<{ readonly status: number }>) {
    const found = [];
    for (let index = 0; index < count; index += 1) found.push((await ask(index)).status);
    return found;
  }
  /** Each gateway counts with Redis again, and knows it. */
  const back = () =>
    expect
      .poll(async () => {
        await Promise.all([models(0), models(1)]);
        return (await Promise.all([insured(0), insured(1), get(0, '/readyz'), get(1, '/readyz')])).map((one) =>
          typeof one === 'number' ? one : one.status,
        );
      }, patience)
      .toEqual([0, 0, 200, 200]);

  it('hold to the limits each by itself, say so once, and together again when it is back', async () => {
    const rate = { points: 5, seconds: 3_600 };
    await start((demo) => {
      demo.tenants[0].keys[0].limits = { requests: rate };
      demo.tenants[0].sites[0].limits = { session: { points: 2, seconds: 3_600 } };
      demo.limits = { failedAuthentications: { points: 3, seconds: 3_600 } };
    });
    expect(await statuses(2, models)).toEqual([200, 200]);
    await shared.redis.kill();
    // Nothing here needs what is stored.
    expect(await statuses(7, () => models(0))).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(await statuses(7, () => models(1))).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const nobody = { authorization: 'Bearer nobody' };
    expect(await statuses(4, () => askAgent(0, nobody))).toEqual([401, 401, 401, 429]);
    // What does is refused at once, and counted all the same.
    expect(await statuses(3, () => askWidget(0))).toEqual([503, 503, 429]);
    expect(await insured(0)).toBe(1);
    expect(await readMetric(shared.url(0), 'dragoman_limits_insured_total')).toBe(14);
    expect(lines(0, 'counts limits by itself')).toMatchObject([{ level: 40, reason: expect.any(String) }]);
    const notReady = { status: 503, body: { status: 'not ready', reason: 'the store does not answer' } };
    await expect.poll(() => get(0, '/readyz'), patience).toMatchObject(notReady);

    await shared.redis.start();
    // Without a call that is counted.
    for (const index of [0, 1]) await expect.poll(() => insured(index), patience).toBe(0);
    // Two of the five were made before.
    expect(await statuses(8, models)).toEqual([200, 200, 200, 429, 429, 429, 429, 429]);
    await expect.poll(async () => (await get(0, '/readyz')).status, patience).toBe(200);
    expect(lines(0, 'counts limits by itself')).toHaveLength(1);
    expect(lines(0, 'limits hold over all processes')).toMatchObject([{ level: 30 }]);
  });

  for (const [how, leave, comeBack] of [
    ['is not there', () => shared.redis.kill(), () => shared.redis.start()],
    ['does not say anything', async () => shared.redis.pause(), async () => shared.redis.resume()],
  ] as const) {
    it(`answer what needs no store as ever, while it ${how}`, async () => {
      await start((demo) => (demo.tenants[0].keys[0].limits = { requests: { points: 100_000, seconds: 3_600 } }));
      expect((await models(0)).status).toBe(200);
      await leave();
      const rounds = 40;
      const startedAt = performance.now();
      for (let count = 0; count < rounds; count += 1) {
        const answers = [
          await models(0),
          await get(0, '/legacy/page', apiKey),
          await get(0, '/healthz'),
          await get(0, '/metrics'),
          await get(0, '/openapi.json'),
        ];
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      }
      // Had each call that is counted waited for Redis, be it for as short as a limit may take, it had been this long.
      expect(performance.now() - startedAt).toBeLessThan(rounds * 2 * 1_000);
      expect(await readMetric(shared.url(0), 'dragoman_limits_insured_total')).toBe(2 * rounds);
      expect(origin.received).toHaveLength(rounds);
      await comeBack();
      await back();
    });
  }
});
