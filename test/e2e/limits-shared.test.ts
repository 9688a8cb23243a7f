import { afterEach, describe, expect, it } from 'vitest';
import { type OpenStream, openStream, send } from '../support/client.ts';
import { parrot } from '../support/fuzz-requests.ts';
import type { TestGatewayOptions } from '../support/gateway.ts';
import { readMetric } from '../support/metrics.ts';
import { hasAll, hasProgram } from '../support/needs.ts';
import { createScriptedBackend, type ScriptedReply } from '../support/scripted-backend.ts';
import { runSharedGateways, type SharedGateways } from '../support/shared-gateways.ts';

const isComplete = hasAll({ 'redis-server': hasProgram('redis-server') });

const bearer = { authorization: 'Bearer demo-key' };

let shared: SharedGateways;
afterEach(() => shared.close());

/** Four gateways, and no limits but those that are set. */
async function start(limit: (demo: any) => void, backend = parrot, rest: TestGatewayOptions = {}): Promise<void> {
  shared = await runSharedGateways(4, {
    backends: { shop: backend },
    ...rest,
    configure(demo) {
      for (const tenant of demo.tenants) for (const caller of [...tenant.keys, ...tenant.sites]) delete caller.limits;
      delete demo.limits;
      // Whoever reads the metrics is a call of its address too, where clients are served.
      demo.observability = { listen: { host: '127.0.0.1', port: 0 } };
      limit(demo);
    },
  });
}

const askAgent = (index: number, headers: Record<string, string> = bearer) =>
  send('POST', `${shared.url(index)}/v1/api/chat/support-agent`, { headers, json: { message: 'Hello' } });
const askWidget = (index: number, session: string) =>
  send('POST', `${shared.url(index)}/api/v1/chat/stream`, {
    json: { site_key: 'sk_demo', session_id: session, message: 'Hello' },
  });
const openAgent = (index: number) =>
  openStream(`${shared.url(index)}/v1/api/chat/support-agent`, {
    headers: bearer,
    json: { message: 'Hello', stream: true },
  });
const sumOf = async (name: string, labels = {}) => {
  const values = await Promise.all(shared.gateways.map(({ metricsUrl }) => readMetric(metricsUrl, name, labels)));
  return values.reduce((sum, value) => sum + value, 0);
};

describe.runIf(isComplete)('four gateways over one Redis have one limit', () => {
  const rate = { points: 10, seconds: 3_600 };
  const limits: Record<string, [limit: (demo: any) => void, ask: (index: number) => ReturnType<typeof askAgent>]> = {
    principal: [(demo) => (demo.tenants[0].keys[0].limits = { requests: rate }), (index) => askAgent(index)],
    session: [(demo) => (demo.tenants[0].sites[0].limits = { session: rate }), (index) => askWidget(index, 'sess_a')],
    address: [(demo) => (demo.limits = { address: rate }), (index) => askAgent(index)],
    authentication: [
      (demo) => (demo.limits = { failedAuthentications: rate }),
      (index) => askAgent(index, { authorization: 'Bearer nobody' }),
    ],
  };
  it.each(Object.entries(limits))(
    'of a %s: as many calls as it says, of those at the same moment',
    async (of, made) => {
      const [limit, ask] = made;
      await start(limit);
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
      expect(answers.filter(({ status }) => status !== 429)).toHaveLength(10);
      for (let index = 0; index < 4; index += 1) expect((await ask(index)).status).toBe(429);
      expect(await sumOf('dragoman_rate_limited_total', { limit: of })).toBe(34);
      expect(await sumOf('dragoman_limits_insured_total')).toBe(0);
    },
  );

  it('of a session, and another of each other session', async () => {
    await start((demo) => (demo.tenants[0].sites[0].limits = { session: { points: 1, seconds: 3_600 } }));
    const answers = [await askWidget(0, 'sess_a'), await askWidget(1, 'sess_a'), await askWidget(1, 'sess_b')];
    expect(answers.map(({ status }) => status)).toEqual([200, 429, 200]);
  });

  it('that lasts longer than any of them', async () => {
    await start((demo) => (demo.tenants[0].keys[0].limits = { requests: { points: 1, seconds: 3_600 } }));
    expect((await askAgent(0)).status).toBe(200);
    const again = await shared.gateways[0]?.restart();
    const { status } = await send('POST', `${again?.url}/v1/api/chat/support-agent`, {
      headers: bearer,
      json: { message: 'Hello' },
    });
    expect(status).toBe(429);
    await again?.close();
  });
});

describe.runIf(isComplete)('streams that are open at four gateways', () => {
  /** Every reply that is begun greets, so that its stream is open. */
  function greetAll(script: ReturnType<typeof createScriptedBackend>): readonly ScriptedReply[] {
    const greeted: ScriptedReply[] = [];
    const greet = (reply: ScriptedReply): void => {
      reply.say({ type: 'text-delta', text: 'Hi' });
      greeted.push(reply);
      void script.next().then(greet);
    };
    void script.next().then(greet);
    return greeted;
  }
  /** A stream that is let in by a gateway as soon as there is room. */
  async function openSoon(index: number): Promise<OpenStream> {
    for (;;) {
      const stream = await openAgent(index);
      if (stream.status === 200) return stream;
      expect(stream.status).toBe(429);
      await stream.rest();
    }
  }
  const limit = (openStreams: number) => (demo: any) => (demo.tenants[0].keys[0].limits = { openStreams });

  it('are no more than there may be, and one that ends makes room at every gateway', async () => {
    const script = createScriptedBackend();
    const replies = greetAll(script);
    await start(limit(3), script.backend);
    const streams = await Promise.all(Array.from({ length: 12 }, (_, index) => openAgent(index)));
    expect(await sumOf('dragoman_limits_insured_total')).toBe(0);
    const open = streams.filter(({ status }) => status === 200);
    expect([open.length, replies.length]).toEqual([3, 3]);
    expect(await sumOf('dragoman_rate_limited_total', { limit: 'streams' })).toBe(9);
    for (let index = 0; index < 4; index += 1) {
      replies[index]?.end();
      open.push(await openSoon(index));
      expect((await openAgent(index + 1)).status).toBe(429);
    }
    for (const reply of replies) reply.end();
    await Promise.all(open.map((stream) => stream.rest()));
  });

  it('leave their places when their gateway is seen no more', async () => {
    const script = createScriptedBackend();
    const replies = greetAll(script);
    await start(limit(1), script.backend, { keepPlacesMs: 600 });
    const first = await openAgent(0);
    expect((await openAgent(1)).status).toBe(429);
    shared.ways[0]?.cut();
    const second = await openSoon(1);
    // The one that cannot be seen goes on, and knows its own.
    expect((await openAgent(0)).status).toBe(429);
    for (const reply of replies) reply.end();
    await Promise.all([first.rest(), second.rest()]);
  });
});
